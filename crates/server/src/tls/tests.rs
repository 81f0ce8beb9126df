use std::fs;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::UnixTime;
use tempfile::TempDir;

use super::*;

const NOW: i64 = 1_763_000_000_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn own(folder: &TempDir, names: &[&str]) -> Certificate {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Certificate::Own { folder: folder.path().join("tls"), names }
}

fn shown(tls: &Tls) -> Vec<CertificateDer<'static>> {
    tls.shown.0.read().unwrap().cert.clone()
}

/// Whether a device that knows the authority, the last of what is shown, believes the first for this name.
fn is_believed(shown: &[CertificateDer<'static>], name: &str, at_ms: i64) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(shown.last().unwrap().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let at = UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(at_ms).unwrap()));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    verifier.verify_server_cert(&shown[0], &shown[1..], &name, &[], at).is_ok()
}

#[test]
fn an_own_certificate_is_for_its_names_and_its_days() {
    let folder = TempDir::new().unwrap();
    let tls = Tls::begin(own(&folder, &["grid.example", "10.0.0.2", "2001:db8::7"]), NOW).unwrap();
    let shown = shown(&tls);
    assert_eq!(shown.len(), 2, "its own and the authority's");
    for (name, after_days, expected) in [
        ("grid.example", 0, true),
        ("10.0.0.2", 0, true),
        ("2001:db8::7", 0, true),
        ("grid.example", -1, true),
        ("grid.example", 89, true),
        ("grid.example", 91, false),
        ("grid.example", -3, false),
        ("other.example", 0, false),
        ("sub.grid.example", 0, false),
        ("10.0.0.3", 0, false),
    ] {
        let is = is_believed(&shown, name, NOW + after_days * DAY_MS);
        assert_eq!(is, expected, "{name} after {after_days} days");
    }
}

#[test]
fn what_is_kept_is_shown_again_until_it_nears_its_end_or_is_for_other_names() {
    for (names, after_days, is_same) in [
        (&["grid.example", "10.0.0.2"][..], 0, true),
        (&["10.0.0.2"], 0, true),
        (&["grid.example", "10.0.0.2"], 59, true),
        (&["grid.example", "10.0.0.2"], 61, false),
        (&["grid.example", "10.0.0.2"], 600, false),
        // A clock that was wrong when it was made.
        (&["grid.example", "10.0.0.2"], -30, false),
        (&["grid.example", "10.0.0.2", "10.0.0.3"], 0, false),
        (&["other.example"], 0, false),
    ] {
        let folder = TempDir::new().unwrap();
        let first = Tls::begin(own(&folder, &["grid.example", "10.0.0.2"]), NOW).unwrap();
        let at_ms = NOW + after_days * DAY_MS;
        let again = Tls::begin(own(&folder, names), at_ms).unwrap();
        assert_eq!(again.pin(), first.pin(), "devices know it by this");
        let (before, after) = (shown(&first), shown(&again));
        assert_eq!(before[1], after[1]);
        assert_eq!(before[0] == after[0], is_same, "{names:?} after {after_days} days");
        assert!(names.iter().all(|name| is_believed(&after, name, at_ms + 20 * DAY_MS)), "{names:?}");
    }
}

#[test]
fn a_running_server_renews_and_its_authority_stays() {
    let folder = TempDir::new().unwrap();
    let tls = Tls::begin(own(&folder, &["grid.example"]), NOW).unwrap();
    let (before, pin) = (shown(&tls), tls.pin());
    tls.renew(NOW + 59 * DAY_MS).unwrap();
    assert_eq!(shown(&tls), before);
    let later = NOW + 61 * DAY_MS;
    tls.renew(later).unwrap();
    let after = shown(&tls);
    assert!(after[0] != before[0] && after[1] == before[1] && tls.pin() == pin);
    assert!(is_believed(&after, "grid.example", later + 80 * DAY_MS));
}

#[test]
fn an_authority_that_cannot_be_read_is_never_replaced() {
    let folder = TempDir::new().unwrap();
    Tls::begin(own(&folder, &["grid.example"]), NOW).unwrap();
    let file = folder.path().join("tls/authority.pem");
    let whole = fs::read_to_string(&file).unwrap();
    let only_certificate = whole[whole.find("-----BEGIN CERT").unwrap()..].to_owned();
    for damaged in [String::new(), "nonsense".to_owned(), whole[..40].to_owned(), only_certificate] {
        fs::write(&file, &damaged).unwrap();
        let fault = Tls::begin(own(&folder, &["grid.example"]), NOW).err().unwrap();
        assert!(matches!(fault, TlsFault::Damaged(_)), "{fault}");
        assert_eq!(fs::read_to_string(&file).unwrap(), damaged);
    }
    // The other file holds nothing that cannot be made again.
    fs::write(&file, whole).unwrap();
    fs::write(folder.path().join("tls/server.pem"), "nonsense").unwrap();
    assert!(Tls::begin(own(&folder, &["grid.example"]), NOW).is_ok());
}

#[cfg(unix)]
#[test]
fn keys_are_for_the_servers_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    Tls::begin(own(&folder, &["grid.example"]), NOW).unwrap();
    let tls = folder.path().join("tls");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&tls), 0o700);
    let files: Vec<_> = fs::read_dir(&tls).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600));
    fs::set_permissions(tls.join("authority.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    Tls::begin(own(&folder, &["grid.example"]), NOW).unwrap();
    assert_eq!(mode(&tls.join("authority.pem")), 0o600);
}

#[test]
fn who_begins_at_the_same_moment_gets_the_same_authority() {
    let folder = TempDir::new().unwrap();
    let begun: Vec<_> = std::thread::scope(|scope| {
        let one = || Tls::begin(own(&folder, &["grid.example"]), NOW).map(|tls| tls.pin());
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let pins: std::collections::BTreeSet<_> = begun.into_iter().map(Result::unwrap).collect();
    assert_eq!(pins.len(), 1);
    let kept = Tls::begin(own(&folder, &["grid.example"]), NOW).unwrap().pin();
    assert_eq!(pins.into_iter().next(), Some(kept), "and it is the one that stays");
}

#[test]
fn a_given_certificate_comes_with_its_key_and_is_read_again() {
    let folder = TempDir::new().unwrap();
    let (certificate, key) = (folder.path().join("fullchain.pem"), folder.path().join("key.pem"));
    let write = || {
        let pair = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["grid.example".to_owned()]).unwrap();
        fs::write(&certificate, params.self_signed(&pair).unwrap().pem()).unwrap();
        fs::write(&key, pair.serialize_pem()).unwrap();
        pair
    };
    write();
    let given = || Certificate::Given { certificate: certificate.clone(), key: key.clone() };
    let tls = Tls::begin(given(), NOW).unwrap();
    assert_eq!(tls.pin(), None, "whom to trust is the system's word");
    let before = shown(&tls);
    let other = write();
    tls.renew(NOW).unwrap();
    assert_ne!(shown(&tls), before);
    fs::write(&key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(matches!(tls.renew(NOW), Err(TlsFault::OtherKey(_))));
    fs::write(&key, other.serialize_pem()).unwrap();
    fs::write(&certificate, "nonsense").unwrap();
    assert!(matches!(tls.renew(NOW), Err(TlsFault::Damaged(_))));
    fs::remove_file(&certificate).unwrap();
    assert!(matches!(tls.renew(NOW), Err(TlsFault::File(..))));
}

#[test]
fn a_certificate_is_for_somebody() {
    let folder = TempDir::new().unwrap();
    assert!(matches!(Tls::begin(own(&folder, &[]), NOW), Err(TlsFault::NoName)));
    for wrong in ["", "grid example", "https://grid.example", "网格.example", "grid.example:8443"] {
        assert!(matches!(Tls::begin(own(&folder, &[wrong]), NOW), Err(TlsFault::NameWrong(_))), "{wrong}");
    }
}

#[test]
fn the_host_of_an_address() {
    for (url, host) in [
        ("https://grid.example", Some("grid.example")),
        ("https://grid.example:8443/wg", Some("grid.example")),
        ("https://10.0.0.2:8443", Some("10.0.0.2")),
        ("https://[2001:db8::7]:8443/", Some("2001:db8::7")),
        ("grid.example", None),
    ] {
        assert_eq!(host_of(url), host, "{url}");
    }
}
