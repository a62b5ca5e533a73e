//! A real mail server, aiosmtpd, private to a test.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use super::tls::Certificates;

/// The server; it is stopped when this is dropped.
pub struct MailPeer {
    child: Child,
    lines: BufReader<ChildStdout>,
    pub port: u16,
}

impl MailPeer {
    pub fn plain() -> Self {
        Self::started(&["plain".to_owned()])
    }

    /// With TLS, `starttls` or `implicit`, and an account.
    pub fn secured(mode: &str, certificates: &Certificates, account: Option<[&str; 2]>) -> Self {
        let path = |path: &Path| path.display().to_string();
        let mut arguments = vec![mode.to_owned(), path(&certificates.certificate()), path(&certificates.key())];
        arguments.extend(account.into_iter().flatten().map(str::to_owned));
        Self::started(&arguments)
    }

    fn started(arguments: &[String]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/mail_peer.py");
        // The packages of Debian are known to Debian's Python only.
        let mut child = Command::new("/usr/bin/python3")
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        let port = port.trim().parse().expect("the mail peer has not started; is python3-aiosmtpd installed?");
        Self { child, lines, port }
    }

    /// The next mail that it took; there must be one.
    pub fn mail(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("the mail peer has taken no mail")
    }
}

impl Drop for MailPeer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
