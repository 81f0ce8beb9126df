//! A server's data on either database: a folder, or a PostgreSQL database of one's own.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use cluster::{Cluster, Commits};
use records::RecordId;
use server::database::{FILE_NAME, Place};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

/// Every test in the list, once on each database.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name($crate::data::On::Sqlite); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name($crate::data::On::Postgres); })*
        }
    };
}
pub(crate) use on_both_databases;

/// The data of one test. Dropping it takes it away.
pub enum Data {
    Folder(TempDir),
    Postgres(TestDatabase),
}

impl Data {
    pub fn new(on: On) -> Self {
        match on {
            On::Sqlite => Self::Folder(TempDir::new().unwrap()),
            On::Postgres => Self::Postgres(TestDatabase::new()),
        }
    }

    pub fn place(&self) -> Place {
        match self {
            Self::Folder(folder) => Place::Folder(folder.path().to_owned()),
            Self::Postgres(database) => database.address.parse().unwrap(),
        }
    }

    /// As the command line is told.
    pub fn arguments(&self) -> [String; 2] {
        match self {
            Self::Folder(folder) => ["--data".to_owned(), folder.path().to_string_lossy().into_owned()],
            Self::Postgres(database) => ["--database".to_owned(), database.address.clone()],
        }
    }

    /// Makes the database refuse an op, as a defect of ours would.
    pub fn refuse_op(&self, id: RecordId) {
        let hex: String = id.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Self::Folder(folder) => {
                let trigger = format!(
                    "CREATE TRIGGER refuse BEFORE INSERT ON op WHEN NEW.id = x'{hex}'
                     BEGIN SELECT RAISE(ABORT, 'refused'); END"
                );
                let file = rusqlite::Connection::open(folder.path().join(FILE_NAME)).unwrap();
                file.execute_batch(&trigger).unwrap();
            }
            Self::Postgres(database) => {
                database.execute(&format!("ALTER TABLE op ADD CHECK (id <> '\\x{hex}')"));
            }
        }
    }
}

/// A database of one's own in the cluster of the test run.
pub struct TestDatabase {
    pub address: String,
    name: String,
}

impl TestDatabase {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        execute(&cluster(), &format!("CREATE DATABASE {name}"));
        Self { address: cluster::sibling(&cluster(), &name), name }
    }

    /// Runs statements that no version of the server would.
    pub fn execute(&self, sql: &str) {
        execute(&self.address, sql);
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        execute(&cluster(), &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// The address of the cluster: the one that was named, or one of this process.
fn cluster() -> String {
    static OWN: OnceLock<Cluster> = OnceLock::new();
    let own = || OWN.get_or_init(|| Cluster::start(Commits::InMemory).unwrap()).address();
    std::env::var(cluster::NAMED_BY).unwrap_or_else(|_| own())
}

fn execute(address: &str, sql: &str) {
    Runtime::new().unwrap().block_on(async {
        let (client, connection) = tokio_postgres::connect(address, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
        drop(client);
        connection.await.unwrap().unwrap();
    });
}
