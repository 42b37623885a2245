//! Workers or the server are killed, or the network between them is cut, in the middle of a job.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ticket_jobs::{JobState, Jobs, Ledger};
use ticket_jobs_postgres::PostgresLedger;
use ticket_live::{Postgres, or_skip};

use crate::job;
use crate::network::{Namespace, Proxy};
use crate::process::Process;
use crate::server;
use crate::vendors::{self, Vendors, VendorsArgs};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Of {
    /// `kill -9` of a worker.
    Workers,
    /// `kill -9` of the server with all its processes.
    Postgres,
    /// No packet between half of the workers and the server, for 2 to 6 seconds; each third time for 40.
    Network,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_enum)]
    of: Of,
    #[arg(long, default_value_t = 100)]
    kills: usize,
    #[arg(long, default_value_t = 8)]
    workers: usize,
    /// The shortest time between two kills, in milliseconds; the longest is three times as long.
    #[arg(long, default_value_t = 400)]
    every: u64,
    /// With a proxy, also where a namespace can be made.
    #[arg(long)]
    proxy: bool,
    #[command(flatten)]
    vendors: VendorsArgs,
}

/// The calls in flight now.
const IN_FLIGHT: &str = "SELECT count(*) FROM tickets.call WHERE ended_at IS NULL
    AND expires_at > extract(epoch FROM clock_timestamp()) * 1000000000";

/// Workers that left calls without an end.
const LEFT: &str = "SELECT count(DISTINCT worker) FROM tickets.call WHERE ended_at IS NULL";

/// How the network is cut.
enum Link {
    Namespace {
        namespace: Box<Namespace>,
        /// In the namespace, leads to the vendors.
        _forward: Process,
    },
    Proxy(Proxy),
}

impl Link {
    async fn new(args: &Args, postgres: &Postgres, vendors: &Vendors) -> Self {
        let (ledger, here) = (server::address(postgres), vendors.sandbox.address());
        let namespace = if args.proxy {
            None
        } else {
            Namespace::new(ledger, here).await
        };
        let Some(namespace) = namespace else {
            println!("no network namespace: a proxy stops handing on");
            return Self::Proxy(Proxy::start("127.0.0.1:0".parse().unwrap(), ledger).await);
        };
        // The vendors have the same address there: it is a part of an account's key.
        let arguments = [
            "forward".to_owned(),
            here.to_string(),
            namespace.vendors.to_string(),
        ];
        let log = vendors.folder().join("forward.log");
        let forward = Process::start(arguments.into(), Some(&namespace), &log);
        Self::Namespace {
            namespace: Box::new(namespace),
            _forward: forward,
        }
    }

    fn cut(&self, is_cut: bool) {
        match self {
            Self::Namespace { namespace, .. } => namespace.cut(is_cut),
            Self::Proxy(proxy) => proxy.cut(is_cut),
        }
    }

    fn url(&self, database: &str) -> String {
        match self {
            Self::Namespace { namespace, .. } => server::url(namespace.ledger, database),
            Self::Proxy(proxy) => server::url(proxy.address, database),
        }
    }

    fn namespace(&self) -> Option<&Namespace> {
        match self {
            Self::Namespace { namespace, .. } => Some(namespace),
            Self::Proxy(_) => None,
        }
    }
}

pub(crate) async fn run(args: &Args) -> ExitCode {
    fastrand::seed(args.vendors.seed);
    let Some(postgres) = or_skip(Postgres::start()) else {
        return ExitCode::SUCCESS;
    };
    let database = postgres.create_database().unwrap();
    let vendors = Vendors::new(&args.vendors, job::ALL).await;
    let url = postgres.url(&database);
    let ledger = Arc::new(PostgresLedger::connect(&url).await.unwrap());
    let job = job::job(&vendors, &Jobs::new(Arc::clone(&ledger) as _)).await;
    println!("{args:?}\nPostgreSQL {}, job {job}", postgres.version);
    let link = match args.of {
        Of::Network => Some(Link::new(args, &postgres, &vendors).await),
        _ => None,
    };
    let config = [format!("--config={}", vendors.config().display())];
    let mut workers: Vec<_> = (0..args.workers)
        .map(|number| {
            let log = vendors.folder().join(format!("worker{number}.log"));
            // Every other one is behind the link.
            match &link {
                Some(link) if number % 2 == 0 => {
                    Process::worker(&link.url(&database), &config, link.namespace(), &log)
                }
                _ => Process::worker(&url, &config, None, &log),
            }
        })
        .collect();
    let begun = Instant::now();
    let (mut kills, mut met, mut killed_at) = (0, 0, Vec::new());
    let mut killed_last = Duration::ZERO;
    loop {
        let pause = fastrand::u64(args.every..args.every * 3);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let found = ledger.job(&job).await.unwrap();
        if found.state == JobState::Completed {
            break;
        }
        if begun.elapsed() > Duration::from_secs(1_500) {
            println!("it takes too long: {} tickets are open", found.open);
            break;
        }
        if kills == args.kills {
            continue;
        }
        kills += 1;
        match args.of {
            Of::Workers => {
                let index = fastrand::usize(..workers.len());
                workers[index].kill();
                workers[index].start_again();
            }
            Of::Postgres => {
                met += usize::from(server::number(&postgres, &database, IN_FLIGHT) > 0);
                server::kill_all(&postgres);
            }
            Of::Network => {
                met += usize::from(server::number(&postgres, &database, IN_FLIGHT) > 0);
                let time = if kills % 3 == 0 {
                    40_000
                } else {
                    fastrand::u64(2_000..6_000)
                };
                let link = link.as_ref().unwrap();
                link.cut(true);
                tokio::time::sleep(Duration::from_millis(time)).await;
                link.cut(false);
                killed_at.push(time);
            }
        }
        killed_last = begun.elapsed();
    }
    let took = begun.elapsed().as_secs_f64();
    drop(workers);
    if args.of == Of::Workers {
        met = server::number(&postgres, &database, LEFT) as usize;
    }
    println!(
        "{kills} kills, {met} with calls in flight; the last after {:.0} s, all over after {took:.0} s",
        killed_last.as_secs_f64()
    );
    if !killed_at.is_empty() {
        println!("cut for {killed_at:?} ms");
    }
    let lost = "SELECT count(*) FROM tickets.worker WHERE lost";
    println!(
        "workers told lost: {}",
        server::number(&postgres, &database, lost)
    );
    let mut wrong = vendors.contradictions(&*ledger, &job).await;
    if kills < args.kills {
        wrong.push(format!("the job was over after {kills} kills"));
    }
    if vendors::tell(&wrong) {
        return ExitCode::SUCCESS;
    }
    let kept = vendors.keep();
    println!("logs are in {}", kept.display());
    ExitCode::FAILURE
}
