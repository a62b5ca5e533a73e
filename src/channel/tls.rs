//! TLS for every channel: one crypto provider, the system's roots, and the
//! private authority of a server that has one.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject},
};

/// Makes `ring` the crypto provider of the process. Call it before the first
/// connection; calling it again changes nothing.
pub fn install() {
    if CryptoProvider::get_default().is_none() {
        // Another thread that was quicker has installed the same one.
        let _ = ring::default_provider().install_default();
    }
}

/// The certificates in a PEM file; none is an error.
pub(super) fn certificates(path: &Path) -> std::io::Result<Vec<CertificateDer<'static>>> {
    let pem = std::fs::read(path)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = read.map_err(|error| invalid(&error.to_string()))?;
    if certificates.is_empty() { Err(invalid("no certificate in it")) } else { Ok(certificates) }
}

/// A client that trusts the system's roots and those of `ca_file`.
pub(super) fn client(ca_file: Option<&Path>) -> std::io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    // A root that the system has and nobody can read is not needed.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        for certificate in certificates(path)? {
            roots.add(certificate).map_err(|error| invalid(&error.to_string()))?;
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| invalid(&error.to_string()))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

fn invalid(why: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, why)
}
