# What stands in the database before the first request. Writes seeded.json.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT -init;
use JSON;

sub done {
    my ($ok, $message) = @_;
    die "$message\n" unless $ok;
}

sub password {
    open my $random, '<', '/dev/urandom' or die $!;
    read $random, my $bytes, 12;
    return unpack 'H*', $bytes;
}

# Its name, a new password, and a token.
sub credentials {
    my ($user, $password) = @_;
    my ($id, $message, $token) = RT::AuthToken->new(RT->SystemUser)
        ->Create(Owner => $user->Id, Description => 'tests');
    done($id, $message);
    return { name => $user->Name, password => $password, token => $token };
}

sub user {
    my ($name, @rights) = @_;
    my ($user, $password) = (RT::User->new(RT->SystemUser), password());
    done($user->Create(
        Name => $name, EmailAddress => "$name\@example.com", Privileged => 1, Password => $password,
    ));
    done($user->PrincipalObj->GrantRight(Right => $_, Object => RT->System)) for @rights;
    return credentials($user, $password);
}

my $root = RT::User->new(RT->SystemUser);
$root->Load('root');
my $password = password();
done($root->SetPassword($password));

my %users = (
    root     => credentials($root, $password),
    stranger => user('stranger'),
    agent    => user('agent', qw(
        SeeQueue ShowTicket ShowTicketComments CreateTicket ModifyTicket ReplyToTicket CommentOnTicket
        SeeCustomField ModifyCustomField
    )),
);

my $support = RT::Queue->new(RT->SystemUser);
done($support->Create(Name => 'Support', Lifecycle => 'support'));

for (['Order', 'FreeformSingle'], ['Labels', 'FreeformMultiple']) {
    my ($name, $type) = @$_;
    my $field = RT::CustomField->new(RT->SystemUser);
    done($field->Create(Name => $name, Type => $type, LookupType => 'RT::Queue-RT::Ticket'));
    # To an unloaded queue: to all of them.
    done($field->AddToObject(RT::Queue->new(RT->SystemUser)));
}

# Nobody reads the mail, and it takes longer than all else.
done($RT::Handle->SimpleQuery(
    "UPDATE Scrips SET Disabled = 1 WHERE ScripAction IN
        (SELECT id FROM ScripActions WHERE Name LIKE 'Notify%' OR Name LIKE 'Autoreply%')"
));

# Without Debian's part.
my ($version) = $RT::VERSION =~ /^([\d.]+)/;
my $json = JSON->new->canonical->encode({ version => $version, %users });
open my $file, '>', "$ENV{LIVE_FOLDER}/seeded.new" or die $!;
print $file $json;
close $file or die $!;
rename "$ENV{LIVE_FOLDER}/seeded.new", "$ENV{LIVE_FOLDER}/seeded.json" or die $!;
