// The JavaScript that Sweeppea prints for deleting a ticket, again and again.
//
// The request is built and sent as the vendor's page does it, once per call. The page prints the reply; here it is
// looked at instead, because a terminal costs more than the call. Start-up is not measured.
//
// Usage: node sweeppea-delete.mjs ADDRESS CALLS WARM-UP

async function del(server) {
  const response = await fetch(`${server}/tickets/delete`, {
    method: 'POST',
    headers: {
      'Authorization': 'Bearer YOUR_API_KEY',
      'Content-Type': 'application/json'
    },
    body: JSON.stringify({
      CaseId: '2531581'
    })
  });

  const data = await response.json();
  if (data.Response !== true) {
    throw new Error(`the answer is not what was asked for: ${JSON.stringify(data)}`);
  }
}

const [server, calls, warmUp] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
for (let call = 0; call < warmUp; call++) {
  await del(server);
}
const latencies = [];
const wall = process.hrtime.bigint();
const cpu = process.cpuUsage();
for (let call = 0; call < calls; call++) {
  const start = process.hrtime.bigint();
  await del(server);
  latencies.push(Number(process.hrtime.bigint() - start));
}
const { user, system } = process.cpuUsage(cpu);
const wallNs = Number(process.hrtime.bigint() - wall);
latencies.sort((a, b) => a - b);
console.log(JSON.stringify({
  calls,
  wall_ns: wallNs,
  cpu_ns: (user + system) * 1000,
  median_ns: latencies[Math.floor(latencies.length / 2)],
  peak_rss_kib: process.resourceUsage().maxRSS
}));
