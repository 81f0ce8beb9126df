//! A server on a port of its own, and devices that keep just enough to talk to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::Extension;
use minicbor::bytes::ByteVec;
use records::codes::Role;
use records::household::Household;
use records::rules::retention::Periods;
use records::wire::{
    Change, Commit, Cursor, EnrolAnswer, EnrolRequest, NEWEST_OUTCOME, Nonce, Op, Outcome, PROTOCOL,
};
use records::wire::{SyncAnswer, SyncRequest};
use records::{AreaPath, Body, Incarnation, Kind, Patch, Record, RecordId, Scope};
use server::audit::{self, Entry};
use server::database::sql::Sql;
use server::files::Files;
use server::http::listen::{self, Peer};
use server::invite::{Address, Guest, invite};
use server::{Database, Server, ServerFault, sweep};
use sync::Invitation;
use sync::device::{self, Incoming, Outgoing, RoundFault};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

#[cfg(feature = "s3")]
use crate::bucket::Bucket;
use crate::data::{Data, On};

/// Where every request of these tests comes from.
pub const ELSEWHERE: [u8; 4] = [192, 0, 2, 7];
pub const NOW: i64 = 1_763_000_000_000;
pub const GRID: &str = "230881/001/003/07";
pub const COMMUNITY: &str = "230881/001/003";
pub const NONCE: &Nonce = b"sixteen bytes ok";

/// A server over data of its own. Dropping it ends it, without saying goodbye.
pub struct TestServer {
    pub data: Data,
    pub url: String,
    pub clock: Arc<AtomicI64>,
    photos: Photos,
    database: Database,
    server: Server,
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
}

/// Where a server's photos lie.
enum Photos {
    Folder(TempDir),
    #[cfg(feature = "s3")]
    Bucket(Bucket),
}

impl Photos {
    fn files(&self) -> Files {
        match self {
            Self::Folder(folder) => Files::in_folder(folder.path()).unwrap(),
            #[cfg(feature = "s3")]
            Self::Bucket(bucket) => bucket.files(),
        }
    }

    fn count(&self, folder: &str) -> usize {
        match self {
            Self::Folder(photos) => files_in(&photos.path().join(folder)),
            #[cfg(feature = "s3")]
            Self::Bucket(bucket) => bucket.count(folder),
        }
    }
}

impl TestServer {
    pub fn start(on: On) -> Self {
        Self::start_over(Data::new(on))
    }

    /// With its photos in a bucket.
    #[cfg(feature = "s3")]
    pub fn start_with_bucket() -> Self {
        Self::start_with(Data::new(On::Sqlite), Photos::Bucket(Bucket::start()))
    }

    /// Starts over what is there.
    pub fn start_over(data: Data) -> Self {
        Self::start_with(data, Photos::Folder(TempDir::new().unwrap()))
    }

    fn start_with(data: Data, photos: Photos) -> Self {
        let runtime = Runtime::new().unwrap();
        let clock = Arc::new(AtomicI64::new(NOW));
        let (stop, stopped) = oneshot::channel();
        let database = runtime.block_on(Database::open_at(&data.place(), NOW)).unwrap();
        let (time, served, files) = (clock.clone(), database.clone(), photos.files());
        let (url, server) = runtime.block_on(async move {
            let server = Server::new(served, Arc::new(move || time.load(Ordering::SeqCst))).await.unwrap();
            let server = server.with_files(files);
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let stopped = async { stopped.await.unwrap_or_default() };
            // As from another machine: nobody on this one is told from another.
            let router = server.clone().router().layer(Extension(Peer(ELSEWHERE.into())));
            tokio::spawn(listen::serve(listener, router, stopped));
            (format!("http://{address}"), server)
        });
        Self { data, url, clock, photos, database, server, runtime: Some(runtime), stop: Some(stop) }
    }

    /// Ends the server and hands over its data.
    pub fn stop(mut self) -> Data {
        self.end();
        std::mem::replace(&mut self.data, Data::new(On::Sqlite))
    }

    pub fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// How many photos are kept whole.
    pub fn kept_photos(&self) -> usize {
        self.photos.count("whole")
    }

    /// How many parts of photos are kept.
    pub fn kept_parts(&self) -> usize {
        self.photos.count("parts")
    }

    /// Loses what has this in its name, for example by a rule of the bucket that somebody made.
    pub fn lose_photos(&self, name: &str) {
        match &self.photos {
            Photos::Folder(photos) => lose(photos.path(), name),
            #[cfg(feature = "s3")]
            Photos::Bucket(bucket) => bucket.lose(name),
        }
    }

    /// The bucket of [`TestServer::start_with_bucket`].
    #[cfg(feature = "s3")]
    pub fn bucket(&self) -> &Bucket {
        match &self.photos {
            #[cfg(feature = "s3")]
            Photos::Bucket(bucket) => bucket,
            Photos::Folder(_) => panic!("its photos lie in a folder"),
        }
    }

    pub fn now_ms(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    /// Writes beside what the running server does.
    pub fn write<T>(&self, work: impl Fn(&dyn Sql) -> Result<T, ServerFault>) -> T {
        self.database.write_here(work).unwrap()
    }

    /// Reads beside what the running server does.
    pub fn read<T>(&self, work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault>) -> T {
        self.database.read_here(work).unwrap()
    }

    /// Lets go of what is due by the server's clock, or only looks.
    pub fn sweep(&self, is_dry: bool) -> BTreeMap<&'static str, u64> {
        let (periods, now_ms) = (Periods::default(), self.now_ms());
        let runtime = self.runtime.as_ref().unwrap();
        let files = self.photos.files();
        let swept = runtime.block_on(async {
            match is_dry {
                true => sweep::look(&self.database, &periods, now_ms).await,
                false => sweep::sweep(&self.database, Some(&files), &periods, now_ms).await,
            }
        });
        swept.unwrap().0
    }

    /// What the audit says, with everything that was refused so far.
    pub fn audit(&self) -> Vec<Entry> {
        if let Some(runtime) = &self.runtime {
            runtime.block_on(self.server.settle_audit());
        }
        self.read(|snapshot| audit::entries(snapshot, 0)).into_iter().map(|(_, entry)| entry).collect()
    }

    pub fn invite(&self, name: &str, role: Role, area: &str) -> Invitation {
        let area = area.parse().unwrap();
        let guest = Guest { name: name.to_owned(), role, area, own: None };
        let address = Address::checked(&self.url, false).unwrap();
        self.write(|connection| invite(connection, &guest, &address, 10, self.now_ms()))
    }

    pub fn enrol(&self, name: &str, role: Role, area: &str) -> Device {
        let invitation = self.invite(name, role, area);
        Device::of(&self.url, &enrol(&self.url, &invitation, NONCE).unwrap())
    }

    pub fn worker(&self) -> Device {
        self.enrol("周燕", Role::GridWorker, GRID)
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.end();
    }
}

/// How many files lie in a folder, at any depth.
fn files_in(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |path: PathBuf| if path.is_dir() { files_in(&path) } else { 1 };
    entries.map(|entry| count(entry.unwrap().path())).sum()
}

fn lose(folder: &Path, name: &str) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => lose(&path, name),
            false if path.to_string_lossy().contains(name) => std::fs::remove_file(path).unwrap(),
            false => {}
        }
    }
}

pub fn enrol(url: &str, invitation: &Invitation, nonce: &Nonce) -> Result<EnrolAnswer, RoundFault> {
    let request = EnrolRequest {
        protocol: PROTOCOL,
        code: invitation.code.clone(),
        device_name: "测试机".to_owned(),
        nonce: ByteVec::from(nonce.to_vec()),
    };
    let incoming = post(url, &device::enrol_request(&request), "application/cbor");
    device::read_enrol_answer(&incoming, nonce, invitation.expected_key().as_deref())
}

/// A request for a round, of any bytes.
pub fn raw(body: Vec<u8>, encoding: Option<&'static str>, token: &[u8]) -> Outgoing {
    Outgoing {
        path: "/sync",
        content_encoding: encoding,
        accept_encoding: "gzip",
        token: Some(token.to_vec()),
        body,
    }
}

/// Posts as a shell does.
pub fn post(url: &str, outgoing: &Outgoing, content_type: &str) -> Incoming {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let mut request = config
        .new_agent()
        .post(format!("{url}{}", outgoing.path))
        .header("Content-Type", content_type)
        .header("Accept", "text/html")
        .header("Accept-Encoding", outgoing.accept_encoding);
    if let Some(encoding) = outgoing.content_encoding {
        request = request.header("Content-Encoding", encoding);
    }
    if let Some(authorization) = outgoing.authorization() {
        request = request.header("Authorization", authorization);
    }
    let mut response = request.send(&outgoing.body[..]).unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    Incoming {
        status: response.status().as_u16(),
        content_type: header("content-type"),
        content_encoding: header("content-encoding"),
        signature: header("gridwalk-signature"),
        body: response.body_mut().read_to_vec().unwrap(),
    }
}

/// A device, as far as the server can tell.
pub struct Device {
    pub url: String,
    pub enrolment: EnrolAnswer,
    pub incarnation: Incarnation,
    pub clock_ms: i64,
    pub budget: u32,
    pub next_seq: u64,
    pub cursors: BTreeMap<Scope, u64>,
    /// What the server proved each scope to be, when it was read to its end.
    pub digests: BTreeMap<Scope, i64>,
    pub records: BTreeMap<RecordId, (Kind, u64, Option<Body>)>,
}

impl Device {
    pub fn of(url: &str, enrolment: &EnrolAnswer) -> Self {
        Self {
            url: url.to_owned(),
            enrolment: enrolment.clone(),
            incarnation: Incarnation(new_id().0),
            clock_ms: NOW,
            budget: 1_000_000,
            next_seq: 1,
            cursors: BTreeMap::new(),
            digests: BTreeMap::new(),
            records: BTreeMap::new(),
        }
    }

    /// A copy of this device's database on another disk.
    pub fn copied(&self) -> Self {
        let (cursors, records) = (self.cursors.clone(), self.records.clone());
        Self {
            digests: self.digests.clone(),
            incarnation: self.incarnation,
            next_seq: self.next_seq,
            cursors,
            records,
            ..Self::of(&self.url, &self.enrolment)
        }
    }

    pub fn commit(&mut self, ops: Vec<Op>) -> Vec<u8> {
        let commit = Commit { push_seq: self.next_seq, ops };
        self.next_seq += 1;
        minicbor::to_vec(commit).unwrap()
    }

    pub fn request(&self, commits: &[Vec<u8>]) -> SyncRequest {
        let cursor = |(scope, seq): (&Scope, &u64)| Cursor {
            scope: scope.clone(),
            seq: *seq,
            digest: self.digests.get(scope).copied().unwrap_or_default(),
        };
        SyncRequest {
            protocol: PROTOCOL,
            incarnation: self.incarnation,
            clock_ms: self.clock_ms,
            epoch: None,
            commits: commits.iter().map(|commit| ByteVec::from(commit.clone())).collect(),
            cursors: self.cursors.iter().map(cursor).collect(),
            budget: self.budget,
            nonce: ByteVec::from(NONCE.to_vec()),
            anchor: None,
            lacks_sealing_key: false,
            takes_tokens: false,
            outcomes: NEWEST_OUTCOME,
            aftermath: None,
        }
    }

    /// One round; what it brings is kept.
    pub fn round(&mut self, commits: &[Vec<u8>]) -> Result<SyncAnswer, RoundFault> {
        let incoming = self.send(&self.request(commits));
        let key = self.enrolment.server_key.as_slice().try_into().unwrap();
        let answer = device::read_sync_answer(&incoming, NONCE, &key)?;
        for page in &answer.scopes {
            self.cursors.insert(page.scope.clone(), page.to);
            self.digests.extend(page.digest.map(|digest| (page.scope.clone(), digest)));
            for change in &page.changes {
                self.records.insert(change.id, (change.kind, change.version, change.body.clone()));
            }
        }
        Ok(answer)
    }

    pub fn send(&self, request: &SyncRequest) -> Incoming {
        post(&self.url, &device::sync_request(request, &self.enrolment.token), device::CONTENT_TYPE)
    }

    /// One round with one commit; what became of it.
    pub fn push(&mut self, ops: Vec<Op>) -> Outcome {
        let commit = self.commit(ops);
        let mut answer = self.round(&[commit]).unwrap();
        assert_eq!(answer.results.len(), 1, "{answer:?}");
        answer.results.remove(0).outcome
    }

    /// Rounds until nothing is left.
    pub fn pull(&mut self) -> usize {
        for rounds in 1.. {
            if self.round(&[]).unwrap().scopes.iter().all(|page| !page.more) {
                return rounds;
            }
        }
        unreachable!()
    }

    pub fn household(&self, id: RecordId) -> Household {
        Household::from_body(self.records[&id].2.as_ref().unwrap()).unwrap()
    }

    pub fn of_kind(&self, kind: Kind) -> Vec<&Body> {
        let alive = self.records.values().filter(|(of, _, _)| *of == kind);
        alive.filter_map(|(_, _, body)| body.as_ref()).collect()
    }
}

/// An id no other one is like.
pub fn new_id() -> RecordId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::SeqCst);
    RecordId::new(NOW, [&n.to_be_bytes()[..], &[0, 0]].concat().try_into().unwrap())
}

pub fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

pub fn work_scope() -> Scope {
    Scope::new(GRID.parse::<AreaPath>().unwrap(), records::Audience::Work)
}

pub fn a_household(note: &str) -> Household {
    Household { residents: 2, note: Some(note.to_owned()), ..Household::blank(new_id()) }
}

pub fn op(record: RecordId, change: Change) -> Op {
    Op { id: new_id(), record, kind: Household::DECLARATION.kind, at_ms: NOW, change }
}

pub fn create(record: RecordId, note: &str) -> Op {
    op(record, Change::Create { scope: work_scope(), body: a_household(note).to_body() })
}

pub fn edit(record: RecordId, base: u64, field: u32, value: &str) -> Op {
    let patch = Patch::of_fields(&[(field, minicbor::to_vec(value).unwrap())]);
    op(record, Change::Edit { base, patch })
}

pub fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.to_owned() }
}
