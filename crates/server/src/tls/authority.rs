//! The server's own authority: one key that is never another one, and certificates it signs for some weeks.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData as _, date_time_ymd,
};
use records::hex;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use sync::address::Pin;
use sync::signature::digest;

use super::{TlsFault, certified, files};

/// Key and certificate of the authority. Whoever has them is the server to its devices.
const AUTHORITY: &str = "authority.pem";
/// Its certificate alone, for browsers and whoever else is to trust it.
const PUBLIC: &str = "authority.crt";
/// Key and certificate that are shown.
const SHOWN: &str = "server.pem";
/// How long an authority counts, days: longer than any device that was invited by it. Devices know it by its key and
/// do not look at this; browsers do.
const AUTHORITY_DAYS: u32 = 30 * 365;
/// How long a certificate of a server counts, days.
pub(super) const LEAF_DAYS: u32 = 90;
/// With fewer days left it is made anew.
const RENEWED_DAYS: u32 = 30;
/// So long before it was made it counts already: clocks of devices are behind.
const BEFORE_DAYS: u32 = 2;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The authority.
pub struct Authority {
    key: KeyPair,
    certificate: CertificateDer<'static>,
    pin: Pin,
}

impl Authority {
    /// The one that this folder keeps, or a new one.
    ///
    /// # Errors
    /// [`TlsFault`]. One that cannot be read is never replaced: devices would not know the server any more.
    pub fn kept_in(folder: &Path, now_ms: i64) -> Result<Self, TlsFault> {
        let file = folder.join(AUTHORITY);
        let failed = |error| TlsFault::File(file.clone(), error);
        if files::read(&file).map_err(failed)?.is_none() {
            let (text, certificate) = made(now_ms)?;
            if files::write_new(&file, &text).map_err(failed)? {
                files::replace(&folder.join(PUBLIC), &certificate).map_err(failed)?;
            }
        }
        let bytes = files::read(&file).map_err(failed)?.unwrap_or_default();
        Self::read(&bytes).ok_or(TlsFault::Damaged(file))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let PrivateKeyDer::Pkcs8(key) = PrivateKeyDer::from_pem_slice(bytes).ok()? else { return None };
        let key = KeyPair::try_from(&key).ok()?;
        let certificate = CertificateDer::from_pem_slice(bytes).ok()?;
        let pin = digest(&key.subject_public_key_info());
        Some(Self { key, certificate, pin })
    }

    /// By what devices know it.
    pub fn pin(&self) -> Pin {
        self.pin
    }

    /// The certificate that this folder keeps, where it is for these names and good for a while, or a new one; behind it
    /// the authority's, which devices look for.
    pub fn chain(
        &self,
        folder: &Path,
        names: &[ServerName<'_>],
        now_ms: i64,
    ) -> Result<CertifiedKey, TlsFault> {
        let file = folder.join(SHOWN);
        let failed = |error| TlsFault::File(file.clone(), error);
        if let Some(bytes) = files::read(&file).map_err(failed)?
            // What cannot be read or is for something else is made anew: nothing depends on its key.
            && let Ok(kept) = certified(&bytes, &bytes, &file, &file)
            && self.is_good(&kept, names, now_ms)
        {
            return Ok(self.with_authority(kept));
        }
        let text = self.signed(names, now_ms)?;
        files::replace(&file, &text).map_err(failed)?;
        Ok(self.with_authority(certified(text.as_bytes(), text.as_bytes(), &file, &file)?))
    }

    fn with_authority(&self, mut chain: CertifiedKey) -> CertifiedKey {
        chain.cert.push(self.certificate.clone());
        chain
    }

    /// Whether a device would believe a certificate for each of these names, now and until it is time to renew it.
    fn is_good(&self, chain: &CertifiedKey, names: &[ServerName<'_>], now_ms: i64) -> bool {
        let mut roots = RootCertStore::empty();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = roots.add(self.certificate.clone()).ok().and_then(|()| {
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()
        });
        let (Some(verifier), Some(leaf)) = (verifier, chain.cert.first()) else { return false };
        let moments = [since_1970(now_ms), since_1970(now_ms) + DAY * RENEWED_DAYS];
        names.iter().all(|name| {
            moments.iter().all(|moment| {
                let at = UnixTime::since_unix_epoch(*moment);
                verifier.verify_server_cert(leaf, &[], name, &[], at).is_ok()
            })
        })
    }

    /// A new key and a certificate of it for these names.
    pub fn signed(&self, names: &[ServerName<'_>], now_ms: i64) -> Result<String, TlsFault> {
        let names: Vec<String> = names.iter().map(|name| name.to_str().into_owned()).collect();
        let mut leaf = CertificateParams::new(names)?;
        leaf.distinguished_name = named("Gridwalk server");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        valid(&mut leaf, now_ms, LEAF_DAYS);
        let key = KeyPair::generate()?;
        let params = params(&self.pin);
        let issuer = Issuer::from_params(&params, &self.key);
        let certificate = leaf.signed_by(&key, &issuer)?;
        Ok(format!("{}{}", key.serialize_pem(), certificate.pem()))
    }
}

/// Key and certificate of a new authority, and the certificate alone.
fn made(now_ms: i64) -> Result<(String, String), TlsFault> {
    let key = KeyPair::generate()?;
    let mut params = params(&digest(&key.subject_public_key_info()));
    valid(&mut params, now_ms, AUTHORITY_DAYS);
    let certificate = params.self_signed(&key)?.pem();
    Ok((format!("{}{certificate}", key.serialize_pem()), certificate))
}

/// What its certificates name it by; the same for the same key.
fn params(pin: &Pin) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&format!("Gridwalk authority {}", hex::digits(&pin[..4])));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}

fn valid(params: &mut CertificateParams, now_ms: i64, days: u32) {
    let now = date_time_ymd(1970, 1, 1) + since_1970(now_ms);
    params.not_before = now - DAY * BEFORE_DAYS;
    params.not_after = now + DAY * days;
}

fn since_1970(now_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(now_ms).unwrap_or_default())
}
