//! Postfix of the package `postfix`, in a folder of its own. Mail for one person
//! goes to a Maildir there, and nothing leaves this machine.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::{
    real::{Server, comes, free_ports, listens, said},
    tls::Certificates,
};

/// The user of mailboxes, who owns nothing else.
const NOBODY: u32 = 65534;

/// The server; it is stopped when this is dropped.
#[derive(Debug)]
pub struct Postfix {
    dir: TempDir,
    master: Option<Server>,
    pub port: u16,
}

impl Postfix {
    /// With STARTTLS, which it demands, and a mailbox of `zhou@example.org`.
    pub fn started(certificates: &Certificates) -> Self {
        let uid = fs::metadata("/proc/self").unwrap().uid();
        assert_eq!(uid, 0, "Postfix is started by root alone, so this test must be run by root");
        // Somebody else may take the port between its choice and its use.
        let tried = (0..3).find_map(|_| {
            let mut postfix = Self::prepared(certificates);
            postfix.start().then_some(postfix)
        });
        tried.expect("Postfix does not start; is the package postfix installed?")
    }

    fn prepared(certificates: &Certificates) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["conf", "queue", "data", "mail"] {
            fs::create_dir(at(folder)).unwrap();
        }
        chown(at("data"), Some(postfix_uid()), None).unwrap();
        chown(at("mail"), Some(NOBODY), Some(NOBODY)).unwrap();
        let [port] = free_ports();
        fs::write(at("conf/main.cf"), main_cf(dir.path(), certificates)).unwrap();
        fs::write(at("conf/master.cf"), master_cf(port)).unwrap();
        Self { dir, master: None, port }
    }

    /// Starts it, again on the same port; `false` if it does not come up.
    pub fn start(&mut self) -> bool {
        let log = self.dir.path().join("start.log");
        let mut command = self.command();
        let mut master = Server::started(command.arg("start-fg"), &log);
        let is_up = comes(|| master.has_ended() || listens(self.port)) && !master.has_ended();
        self.master = Some(master);
        is_up
    }

    /// Stops it and all that it has started.
    pub fn stop(&mut self) {
        if let Some(mut master) = self.master.take() {
            // Without a log of its own: the master's ends with it.
            let stopped = self.command().arg("stop").output().unwrap();
            if stopped.status.success() {
                master.wait();
            }
        }
    }

    /// The mails in the mailbox as Python reads them; there must be so many.
    pub fn mails(&self, count: usize) -> Vec<serde_json::Value> {
        let mailbox = self.dir.path().join("mail/zhou");
        let has = || fs::read_dir(mailbox.join("new")).map_or(0, Iterator::count);
        assert!(comes(|| has() >= count), "{} of {count} mails: {}", has(), said(&self.dir.path().join("mail.log")));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/maildir_reader.py");
        let read = Command::new("/usr/bin/python3").args([script, mailbox]).output().unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        let lines = String::from_utf8(read.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn command(&self) -> Command {
        let mut command = Command::new("/usr/sbin/postfix");
        command.arg("-c").arg(self.conf());
        command
    }

    fn conf(&self) -> PathBuf {
        self.dir.path().join("conf")
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.stop();
    }
}

fn postfix_uid() -> u32 {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let of = |line: &str| line.strip_prefix("postfix:")?.split(':').nth(1)?.parse().ok();
    users.lines().find_map(of).expect("there is no user postfix; install the package postfix")
}

fn main_cf(dir: &Path, certificates: &Certificates) -> String {
    let (dir, certificate, key) = (dir.display(), certificates.certificate(), certificates.key());
    format!(
        "compatibility_level = 3.6\nqueue_directory = {dir}/queue\ndata_directory = {dir}/data\n\
         command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\n\
         setgid_group = postdrop\nmaillog_file = {dir}/mail.log\nmaillog_file_prefixes = {dir}\n\
         myhostname = mail.example.org\nmydestination =\nmynetworks = 127.0.0.0/8\ninet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\nalias_maps =\nalias_database =\nlocal_recipient_maps =\n\
         virtual_mailbox_domains = example.org\nvirtual_mailbox_base = {dir}/mail\n\
         virtual_mailbox_maps = inline:{{ {{ zhou@example.org = zhou/ }} }}\n\
         virtual_uid_maps = static:{NOBODY}\nvirtual_gid_maps = static:{NOBODY}\n\
         default_transport = error:nothing leaves this machine\nrelay_transport = error:nothing leaves this machine\n\
         smtpd_recipient_restrictions = reject_unauth_destination\nsmtpd_tls_security_level = encrypt\n\
         smtpd_tls_cert_file = {}\nsmtpd_tls_key_file = {}\n",
        certificate.display(),
        key.display(),
    )
}

fn master_cf(port: u16) -> String {
    format!(
        "127.0.0.1:{port} inet n - n - - smtpd\npickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\n\
         qmgr unix n - n 300 1 qmgr\ntlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\n\
         bounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\n\
         error unix - - n - - error\nvirtual unix - n n - - virtual\nanvil unix - - n - 1 anvil\n\
         proxymap unix - - n - - proxymap\npostlog unix-dgram n - n - 1 postlogd\n"
    )
}
