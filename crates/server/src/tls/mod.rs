//! TLS without anybody in front of the server: by an authority of its own, made at its first start, or by a certificate
//! that somebody else signed. Devices know the first by the hash of its key, which their invitation carries (0024).

mod authority;
mod files;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sync::address::Pin;
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use authority::Authority;

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// The server's own authority signs it.
    Own {
        /// Where authority and certificate are kept.
        folder: PathBuf,
        /// Names and addresses it is for.
        names: Vec<String>,
    },
    /// Somebody else signed it.
    Given {
        /// The certificate, then those between it and an authority that devices trust (PEM).
        certificate: PathBuf,
        /// Its key (PEM).
        key: PathBuf,
    },
}

/// Why there is no TLS.
#[derive(Debug, Error)]
pub enum TlsFault {
    /// Nobody said for which name.
    #[error("nobody said under which name devices reach this server: give --url or --tls-name")]
    NoName,
    /// That is no name of a host, and no address.
    #[error("{0:?} is no name of a host and no address of one")]
    NameWrong(String),
    /// A file cannot be read or written.
    #[error("{} cannot be read or written", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// A file holds no certificate with its key.
    #[error("{} does not hold what it should: a certificate or its key, as PEM", .0.display())]
    Damaged(PathBuf),
    /// The key is not the certificate's.
    #[error("the key in {} is not that of the certificate, or of a kind that is not known here", .0.display())]
    OtherKey(PathBuf),
    /// A certificate cannot be made.
    #[error("a certificate cannot be made")]
    Making(#[from] rcgen::Error),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    SetUp(#[from] rustls::Error),
}

/// TLS as a server serves it; the certificate can be another one later.
#[derive(Clone)]
pub struct Tls {
    certificate: Certificate,
    pin: Option<Pin>,
    shown: Arc<Shown>,
    acceptor: TlsAcceptor,
}

/// The certificate that is shown now.
struct Shown(RwLock<Arc<CertifiedKey>>);

impl fmt::Debug for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Shown")
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Tls {
    /// Reads the certificate, or makes it where it is the server's own and missing, for other names, or near its end.
    ///
    /// # Errors
    /// [`TlsFault`].
    pub fn begin(certificate: Certificate, now_ms: i64) -> Result<Self, TlsFault> {
        let (chain, pin) = certificate.now(now_ms)?;
        let shown = Arc::new(Shown(RwLock::new(Arc::new(chain))));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { certificate, pin, shown, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// By which authority devices know the server; `None` for a certificate that their systems have to trust.
    pub fn pin(&self) -> Option<Pin> {
        self.pin
    }

    /// What shakes hands with a device.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// Shows a certificate that is good for longer where the one shown nears its end, or the one that lies in its files
    /// now. Whoever is connected notices nothing.
    ///
    /// # Errors
    /// [`TlsFault`]; the certificate stays the one that is shown.
    pub fn renew(&self, now_ms: i64) -> Result<(), TlsFault> {
        let (chain, _) = self.certificate.now(now_ms)?;
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(chain);
        Ok(())
    }
}

impl Certificate {
    fn now(&self, now_ms: i64) -> Result<(CertifiedKey, Option<Pin>), TlsFault> {
        match self {
            Self::Given { certificate, key } => Ok((given(certificate, key)?, None)),
            Self::Own { folder, names } => {
                let names = checked(names)?;
                let authority = Authority::kept_in(folder, now_ms)?;
                Ok((authority.chain(folder, &names, now_ms)?, Some(authority.pin())))
            }
        }
    }

    /// The pin of an own authority, which is made where there is none; `None` for a given certificate.
    ///
    /// # Errors
    /// [`TlsFault`].
    pub fn pin(&self, now_ms: i64) -> Result<Option<Pin>, TlsFault> {
        match self {
            Self::Given { .. } => Ok(None),
            Self::Own { folder, .. } => Ok(Some(Authority::kept_in(folder, now_ms)?.pin())),
        }
    }
}

/// The host that an address names, without brackets around one of IPv6.
pub fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split('/').next()?;
    match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next(),
        None => host.split(':').next(),
    }
}

fn checked(names: &[String]) -> Result<Vec<ServerName<'static>>, TlsFault> {
    if names.is_empty() {
        return Err(TlsFault::NoName);
    }
    let one =
        |name: &String| ServerName::try_from(name.clone()).map_err(|_| TlsFault::NameWrong(name.clone()));
    names.iter().map(one).collect()
}

fn given(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsFault> {
    let read = |file: &Path| std::fs::read(file).map_err(|error| TlsFault::File(file.to_owned(), error));
    certified(&read(certificate)?, &read(key)?, certificate, key)
}

/// A chain and the key of its first certificate, as they lie in files.
fn certified(
    certificates: &[u8],
    key: &[u8],
    in_file: &Path,
    key_file: &Path,
) -> Result<CertifiedKey, TlsFault> {
    let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsFault::Damaged(in_file.to_owned()))?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsFault::Damaged(key_file.to_owned()))?;
    CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider())
        .map_err(|_| TlsFault::OtherKey(key_file.to_owned()))
}

#[cfg(test)]
mod tests;
