# A server of its own: nothing of /etc or /var is read or changed.
use utf8;
my $folder = $ENV{LIVE_FOLDER};

Set($rtname, 'live.test');
Set($Organization, 'live.test');
Set($Timezone, 'UTC');
Set($WebDomain, '127.0.0.1');
Set($WebPort, $ENV{LIVE_PORT});
Set($WebPath, '');
Set($WebSecureCookies, 0);
Set($DatabaseType, 'SQLite');
Set($DatabaseName, "$folder/rt.db");
Set($MasonDataDir, "$folder/mason");
Set($MasonSessionDir, "$folder/sessions");
# A program that does not read its input breaks the pipe, which is logged as critical.
Set($SendmailPath, '/bin/sh');
Set($SendmailArguments, "$folder/mail.sh");
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
# The lowest cost: every request with a password or a token pays for a hash.
Set($BcryptCost, 4);

# The usual workflow, in which a stalled ticket cannot be resolved.
Set(%Lifecycles, support => {
    initial  => ['new'],
    active   => ['open', 'stalled'],
    inactive => ['resolved', 'rejected', 'deleted'],
    defaults => { on_create => 'new' },
    transitions => {
        ''       => [qw(new open resolved)],
        new      => [qw(open stalled resolved rejected deleted)],
        open     => [qw(new stalled resolved rejected deleted)],
        stalled  => [qw(new open rejected deleted)],
        resolved => [qw(new open stalled rejected deleted)],
        rejected => [qw(new open stalled resolved deleted)],
        deleted  => [qw(new open stalled resolved rejected)],
    },
    rights => { '* -> deleted' => 'DeleteTicket', '* -> *' => 'ModifyTicket' },
    actions => [],
});
1;
