//! A bucket that fails: photos wait, rows go on, and the log says why without a secret.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use records::attachment::AttachmentAnswer;
use records::codes::Role;
use records::wire::Outcome;
use server::fault::chain;
use server::files::{Files, Location};
use sync::attachment;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::bucket::{Bucket, Mood, SECRET_KEY, SESSION_TOKEN};
use crate::common::*;
use crate::data::{Data, On};
use crate::photos::{ask, bring, name, offer, picture, put, sees};

/// What the server says of a bucket at its start.
fn said(bucket: &Bucket, other: &[(&str, &str)]) -> Result<(), String> {
    let variables = bucket.variables().into_iter();
    let other = other.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let variables: BTreeMap<_, _> = variables.chain(other).collect();
    let location = Location::named(bucket.location().into()).unwrap();
    let files = Files::at(&location, variables).map_err(|fault| chain(&fault))?;
    Runtime::new().unwrap().block_on(files.check()).map_err(|fault| chain(&fault))
}

fn assert_names_no_secret(text: &str) {
    assert!(![SECRET_KEY, SESSION_TOKEN].iter().any(|secret| text.contains(secret)), "{text}");
}

#[test]
fn what_is_wrong_with_a_bucket_is_said_without_a_secret() {
    let bucket = Bucket::start();
    assert_eq!(said(&bucket, &[]), Ok(()));
    assert_eq!(bucket.count("check"), 0, "nothing is left of the attempt");
    let nobody = "http://127.0.0.1:1";
    // It speaks no TLS, so a handshake is as far as that comes.
    let by_tls = &bucket.variables()["AWS_ENDPOINT"].replace("http:", "https:");
    for (mood, variable, words) in [
        (Mood::Refusing, ("AWS_REGION", "cn-north-1"), "the bucket refuses (SignatureDoesNotMatch)"),
        (Mood::Well, ("AWS_ACCESS_KEY_ID", "SOMEBODY"), "the bucket refuses (SignatureDoesNotMatch)"),
        (Mood::Failing, ("AWS_REGION", "cn-north-1"), "the bucket fails (XMinioStorageFull)"),
        (Mood::Gone, ("AWS_REGION", "cn-north-1"), "the bucket fails (NoSuchBucket)"),
        (Mood::Silent, ("AWS_TIMEOUT", "50ms"), "does not answer in time"),
        (Mood::Well, ("AWS_ENDPOINT", nobody), "cannot be reached: "),
        (Mood::Well, ("AWS_ENDPOINT", by_tls), "cannot be reached: received corrupt message"),
        (Mood::Well, ("AWS_ALLOW_HTTP", "false"), "cannot be reached: URL scheme is not allowed"),
        (Mood::Well, ("AWS_ALLOW_HTTP", "maybe"), "the variables AWS_"),
    ] {
        bucket.feel(mood);
        let said = said(&bucket, &[variable]).unwrap_err();
        assert!(said.contains(words), "{mood:?} {variable:?}: {said}");
        assert_names_no_secret(&said);
    }
}

#[test]
fn while_a_bucket_fails_photos_wait_and_rows_go_on() {
    let server = TestServer::start_with_bucket();
    let mut worker = server.worker();
    let (bytes, hash) = (picture(), attachment::hash(&picture()));
    name(&mut worker, GRID, hash);
    offer(&worker, hash, 5_000);
    ask(&worker, hash, put(0, &bytes[..3_000])).unwrap();
    for mood in [Mood::Refusing, Mood::Failing, Mood::Gone, Mood::Silent] {
        server.bucket().feel(mood);
        // A device keeps what was not taken, and asks again from where the server is.
        let failed = Err("sync.server_failed".to_owned());
        assert_eq!(ask(&worker, hash, put(3_000, &bytes[3_000..])), failed, "{mood:?}");
        assert_eq!(worker.push(vec![create(new_id(), "行照走")]), Outcome::Applied, "{mood:?}");
        assert_eq!(offer(&worker, hash, 5_000), AttachmentAnswer::From { offset: 3_000 }, "{mood:?}");
    }
    server.bucket().feel(Mood::Well);
    assert_eq!(ask(&worker, hash, put(3_000, &bytes[3_000..])), Ok(AttachmentAnswer::Held));
    assert!(sees(&worker, hash));
    assert_eq!((server.kept_parts(), server.kept_photos()), (0, 1));
}

#[test]
fn what_was_brought_opens_nothing_before_it_was_looked_at() {
    let server = TestServer::start_with_bucket();
    let (mut worker, mut neighbour) =
        (server.worker(), server.enrol("隔壁", Role::GridWorker, "230881/001/003/08"));
    let hash = bring(&worker, &picture());
    name(&mut worker, GRID, hash);
    // Who knows only the hash names it and brings something else, just when nobody can look at that.
    name(&mut neighbour, "230881/001/003/08", hash);
    offer(&neighbour, hash, 5_000);
    server.bucket().feel(Mood::Hoarding);
    assert_eq!(ask(&neighbour, hash, put(0, &[0; 5_000])), Err("sync.server_failed".to_owned()));
    server.bucket().feel(Mood::Well);
    assert!(!sees(&neighbour, hash));
    assert!(sees(&worker, hash));
}

/// The line of the program's log in which it says whether photos can be kept.
fn logged(bucket: &Bucket) -> String {
    let data = Data::new(On::Sqlite);
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridwalk-server"));
    command.args(["run", "--listen", "127.0.0.1:0"]).args(data.arguments());
    command.env("GRIDWALK_ATTACHMENTS", bucket.location()).envs(bucket.variables());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.contains("be kept")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    line
}

#[test]
fn the_server_says_at_its_start_whether_it_reaches_the_bucket() {
    let bucket = Bucket::start();
    let line = logged(&bucket);
    assert!(line.contains("photos can be kept") && line.contains("s3://photos/county/230881"), "{line}");
    bucket.feel(Mood::Refusing);
    let line = logged(&bucket);
    assert!(line.contains("photos cannot be kept") && line.contains("SignatureDoesNotMatch"), "{line}");
    assert_names_no_secret(&line);
}

#[test]
fn a_folder_that_fails_is_said_with_the_disks_own_words() {
    let folder = TempDir::new().unwrap();
    let files = Files::in_folder(folder.path()).unwrap();
    let check = || Runtime::new().unwrap().block_on(files.check()).map_err(|fault| chain(&fault));
    assert_eq!(check(), Ok(()));
    std::fs::create_dir_all(folder.path().join("check/in the way")).unwrap();
    let said = check().unwrap_err();
    assert!(
        said.starts_with("a file of this machine cannot be used: ") && said.contains("os error"),
        "{said}"
    );
}
