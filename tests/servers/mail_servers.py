"""Postfix, Exim and Dovecot, which share one mailbox."""

import contextlib
import os
import subprocess

import daemons

DOMAIN = "mail.test"
USER, PASSWORD = "joe", "open sesame"
ADDRESS = f"{USER}@{DOMAIN}"


@contextlib.contextmanager
def dovecot(folder, certificate):
    """IMAP, POP3, LMTP and ManageSieve; returns their servers by protocol."""
    ports = {name: daemons.free_port() for name in ("imap", "imaps", "pop3", "pop3s", "lmtp", "lmtps", "sieve", "sieves")}
    mail = folder / "mail"
    mail.mkdir()
    daemons.give_to("mail", mail)
    users = folder / "users"
    mail_user = os.stat(mail)
    users.write_text(f"{USER}:{{PLAIN}}{PASSWORD}:{mail_user.st_uid}:{mail_user.st_gid}::{mail}::\n"
                     f"{ADDRESS}:{{PLAIN}}{PASSWORD}:{mail_user.st_uid}:{mail_user.st_gid}::{mail}::\n")
    users.chmod(0o644)
    listeners = {"imap-login": [("imap", "imap", "no"), ("imaps", "imaps", "yes")],
                 "pop3-login": [("pop3", "pop3", "no"), ("pop3s", "pop3s", "yes")],
                 "managesieve-login": [("sieve", "sieve", "no"), ("sieves", "sieves", "yes")]}
    services = ""
    for service, names in listeners.items():
        services += f"service {service} {{\n" + "".join(
            f"  inet_listener {name} {{\n    address = 127.0.0.1\n    port = {ports[port]}\n    ssl = {tls}\n  }}\n"
            for name, port, tls in names) + "}\n"
    configuration = folder / "dovecot.conf"
    configuration.write_text(f"""
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot-mail.log
protocols = imap pop3 lmtp sieve
ssl = yes
ssl_cert = <{certificate.cert}
ssl_key = <{certificate.key}
disable_plaintext_auth = no
mail_location = maildir:{mail}/Maildir
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = passwd-file
  args = {users}
}}
userdb {{
  driver = passwd-file
  args = {users}
}}
plugin {{
  sieve = file:{mail}/sieve;active={mail}/.dovecot.sieve
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {ports["lmtp"]}
  }}
  inet_listener lmtps {{
    address = 127.0.0.1
    port = {ports["lmtps"]}
    ssl = yes
  }}
}}
{services}
""")
    with daemons.daemon(["dovecot", "-F", "-c", configuration], ports.values(), folder / "dovecot.log"):
        yield {
            **{name: daemons.Server("Dovecot", name, {"plain": ports[name], "starttls": ports[name], "tls": ports[name + "s"]})
               for name in ("imap", "pop3", "lmtp", "sieve")},
            "folder": mail / "Maildir",
        }


@contextlib.contextmanager
def postfix(folder, certificate, lmtp_port):
    """Takes mail for one address and hands it to Dovecot."""
    ports = {"smtp": daemons.free_port(), "smtps": daemons.free_port()}
    configuration, queue, data = folder / "postfix", folder / "queue", folder / "data"
    for one in (configuration, queue, data):
        one.mkdir()
    daemons.give_to("postfix", data)
    (configuration / "main.cf").write_text(f"""
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx.{DOMAIN}
mydestination =
mynetworks = 127.0.0.0/8
relay_domains = {DOMAIN}
relay_transport = lmtp:inet:127.0.0.1:{lmtp_port}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate.cert}
smtpd_tls_key_file = {certificate.key}
smtpd_tls_loglevel = 1
""")
    (configuration / "master.cf").write_text(f"""
127.0.0.1:{ports["smtp"]} inet n - n - - smtpd
127.0.0.1:{ports["smtps"]} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
lmtp unix - - n - - lmtp
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
""")
    subprocess.run(["postfix", "-c", configuration, "set-permissions"], capture_output=True, check=False)
    started = subprocess.run(["postfix", "-c", configuration, "start"], capture_output=True, check=False)
    assert started.returncode == 0, started.stderr.decode()
    try:
        for port in ports.values():
            daemons.wait_for_port(port, "postfix")
        yield daemons.Server("Postfix", "smtp", {"plain": ports["smtp"], "starttls": ports["smtp"], "tls": ports["smtps"]})
    finally:
        subprocess.run(["postfix", "-c", configuration, "stop"], capture_output=True, check=False)


@contextlib.contextmanager
def exim(folder, certificate, lmtp_port):
    """The same, from a package that cannot be installed beside Postfix."""
    subprocess.run(["useradd", "--system", "--no-create-home", "Debian-exim"], capture_output=True, check=False)
    ports = {"smtp": daemons.free_port(), "smtps": daemons.free_port()}
    spool = folder / "exim-spool"
    spool.mkdir()
    daemons.give_to("Debian-exim", spool)
    configuration = folder / "exim.conf"
    configuration.write_text(f"""
exim_path = {daemons.unpacked("exim4-daemon-light")}/usr/sbin/exim4
spool_directory = {spool}
log_file_path = {spool}/log-%s
primary_hostname = mx.{DOMAIN}
keep_environment =
domainlist ours = {DOMAIN}
acl_smtp_rcpt = take
acl_smtp_data = accept
tls_advertise_hosts = *
tls_certificate = {certificate.cert}
tls_privatekey = {certificate.key}
tls_on_connect_ports = {ports["smtps"]}
daemon_smtp_ports = <; {ports["smtp"]} ; {ports["smtps"]}
local_interfaces = 127.0.0.1
begin acl
take:
  accept domains = +ours
  deny
begin routers
to_dovecot:
  driver = manualroute
  domains = +ours
  transport = to_dovecot
  route_list = * 127.0.0.1
  self = send
begin transports
to_dovecot:
  driver = smtp
  protocol = lmtp
  port = {lmtp_port}
  allow_localhost
  hosts_avoid_tls = *
begin retry
* * F,2m,5s
""")
    program = daemons.unpacked("exim4-daemon-light") / "usr/sbin/exim4"
    with daemons.daemon([program, "-C", configuration, "-bdf", "-q1m"], ports.values(), folder / "exim.log"):
        yield daemons.Server("Exim", "smtp", {"plain": ports["smtp"], "starttls": ports["smtp"], "tls": ports["smtps"]})
