//! Believes a server whose certificate was signed by one authority, known by the hash of its key, and no other: on a
//! closed network there is no public authority, and where there is one it cannot vouch for another server either.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sync::address::Pin;
use sync::signature::digest;

/// TLS towards the server of this authority. The system's list of authorities is not looked at.
///
/// # Errors
/// When the provider knows no version of TLS that we do.
pub fn trusting_only(pin: Pin) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Arc::new(OfAuthority { pin, provider: provider.clone() });
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// The server sends its authority's certificate along. Whoever has not the authority's key can send that, too, but has no
/// certificate of its own that this key signed.
#[derive(Debug)]
struct OfAuthority {
    pin: Pin,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OfAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let authority = intermediates.iter().find_map(|certificate| self.as_root(certificate));
        let authority = authority.ok_or(CertificateError::UnknownIssuer)?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(authority), self.provider.clone())
            .build()
            .map_err(|_| CertificateError::UnknownIssuer)?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl OfAuthority {
    /// A certificate as the only one to trust, when its key is the pinned one.
    fn as_root(&self, certificate: &CertificateDer<'_>) -> Option<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone().into_owned()).ok()?;
        let is_pinned = digest(&sequence(&roots.roots.first()?.subject_public_key_info)) == self.pin;
        is_pinned.then_some(roots)
    }
}

/// A SEQUENCE of DER around its content: anchors keep the key without it, and everybody else hashes it along.
fn sequence(content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let head = match content.len() {
        short @ 0..0x80 => vec![0x30, u8::try_from(short).unwrap_or_default()],
        _ => [&[0x30, 0x80 | u8::try_from(length.len()).unwrap_or_default()], length].concat(),
    };
    [&head, content].concat()
}

/// Whether a failure, or what caused it, is a certificate that was not believed.
pub fn is_of_a_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match error.downcast_ref::<Error>() {
        Some(error) => {
            matches!(error, Error::InvalidCertificate(_) | Error::NoCertificatesPresented)
        }
        // An error of input and output hides what it was made of from `source`.
        None => match inner {
            Some(inner) => is_of_a_certificate(inner),
            None => error.source().is_some_and(is_of_a_certificate),
        },
    }
}

#[cfg(test)]
mod tests;
