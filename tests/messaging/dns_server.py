"""A DNS server on loopback that knows what a test tells it, and nothing else."""

import socket
import socketserver
import threading
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class DnsServer:
    """`texts` has the TXT records by name; `is_mute` leaves questions unanswered."""

    def __init__(self):
        self.texts = {}
        self.is_mute = False
        self.asked = []

    def answer(self, wire):
        question = dns.message.from_wire(wire)
        [asked] = question.question
        name = asked.name.to_text(omit_final_dot=True)
        self.asked.append(name)
        reply = dns.message.make_response(question)
        reply.flags |= dns.flags.AA | dns.flags.RA
        texts = self.texts.get(name)
        if texts is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif texts and asked.rdtype == dns.rdatatype.TXT:
            reply.answer.append(
                dns.rrset.from_text(asked.name, 60, "IN", "TXT", *map(quoted, texts))
            )
        return reply.to_wire()


def quoted(text):
    """A record's text in the pieces of 255 bytes that the DNS has."""
    pieces = [text[start : start + 255] for start in range(0, len(text), 255)]
    return " ".join(f'"{piece}"' for piece in pieces)


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        wire, line = self.request
        if not self.server.dns.is_mute:
            line.sendto(self.server.dns.answer(wire), self.client_address)


@contextmanager
def dns_server(settings):
    """Run such a server and let the settings name it."""
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        server.dns = DnsServer()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.DNS_SERVERS = [f"127.0.0.1:{server.server_address[1]}"]
        yield server.dns
        server.shutdown()


def free_port():
    """A port at which nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]
