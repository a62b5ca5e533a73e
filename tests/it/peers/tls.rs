//! An authority made for one test, with a certificate for this machine.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::TlsAcceptor;

/// The files of an authority and of a server that it vouches for.
pub struct Certificates {
    dir: tempfile::TempDir,
}

impl Certificates {
    /// For `localhost` and 127.0.0.1.
    pub fn made() -> Self {
        Self::made_for("DNS:localhost,IP:127.0.0.1")
    }

    /// For the names of `names`, as openssl writes them.
    pub fn made_for(names: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("names"), format!("subjectAltName={names}\n")).unwrap();
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        let authority = ["-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test", "-days", "2"];
        openssl(dir.path(), &[&["req"], &key[..], &authority].concat());
        let asked = ["-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server"];
        openssl(dir.path(), &[&["req"], &key[..], &asked].concat());
        let signed = ["-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
        let signed_as = ["-days", "2", "-extfile", "names", "-out", "server.pem"];
        openssl(dir.path(), &[&["x509"], &signed[..], &signed_as].concat());
        Self { dir }
    }

    /// The authority.
    pub fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// The server's certificate.
    pub fn certificate(&self) -> PathBuf {
        self.dir.path().join("server.pem")
    }

    /// Its key.
    pub fn key(&self) -> PathBuf {
        self.dir.path().join("server.key")
    }

    /// The server's side of TLS.
    pub fn acceptor(&self) -> TlsAcceptor {
        duban::channel::tls::install();
        let chain = CertificateDer::pem_file_iter(self.certificate()).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(self.key()).unwrap();
        let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

fn openssl(dir: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").current_dir(dir).args(arguments).output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
