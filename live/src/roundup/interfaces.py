# Takes a write that comes from the address at which the tracker is asked, as behind a proxy.
from roundup.cgi.client import Client as Usual


class Client(Usual):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.base = 'http://' + self.env.get('HTTP_HOST', '') + '/open/'
