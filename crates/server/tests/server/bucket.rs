//! An S3-compatible store in memory, just as large as the server needs it, that can be made to fail.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::future::pending;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_RANGE, ETAG, LAST_MODIFIED, RANGE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use server::files::{Files, Location};
use server::http::listen;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const NAME: &str = "photos";
const KEY_ID: &str = "GRIDWALKTEST";
pub const SECRET_KEY: &str = "geheimer-schluessel";
pub const SESSION_TOKEN: &str = "geheime-sitzung";
const WHEN: &str = "Thu, 13 Nov 2025 02:13:20 GMT";

/// How a bucket takes requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// It has no such credentials, and says everything it heard, as S3 does.
    Refusing,
    /// It has no room, or whatever else may be.
    Failing,
    /// It takes files and gives none.
    Hoarding,
    /// It takes requests and never answers.
    Silent,
    /// Somebody removed it.
    Gone,
}

/// A bucket. Dropping it ends it.
pub struct Bucket {
    address: String,
    shelf: Arc<Shelf>,
    _runtime: Runtime,
}

struct Shelf {
    mood: Mutex<Mood>,
    files: Mutex<BTreeMap<String, Bytes>>,
}

impl Bucket {
    pub fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let shelf = Arc::new(Shelf { mood: Mutex::new(Mood::Well), files: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(shelf.clone());
        let address = runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(listen::serve(listener, router, pending()));
            format!("http://{address}")
        });
        Self { address, shelf, _runtime: runtime }
    }

    /// As the command line is told.
    pub fn location(&self) -> String {
        format!("s3://{NAME}/county/230881")
    }

    /// As the environment tells how it is reached.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let variables = [
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_SESSION_TOKEN", SESSION_TOKEN),
            ("AWS_ENDPOINT", &self.address),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_TIMEOUT", "1s"),
        ];
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    pub fn files(&self) -> Files {
        Files::at(&Location::named(self.location().into()).unwrap(), self.variables()).unwrap()
    }

    pub fn feel(&self, mood: Mood) {
        *self.shelf.mood.lock().unwrap() = mood;
    }

    /// Loses what has this in its name.
    pub fn lose(&self, name: &str) {
        self.shelf.files.lock().unwrap().retain(|key, _| !key.contains(name));
    }

    /// How many files it keeps in a folder of ours.
    pub fn count(&self, folder: &str) -> usize {
        let begin = format!("county/230881/{folder}/");
        self.shelf.files.lock().unwrap().keys().filter(|key| key.starts_with(&begin)).count()
    }
}

async fn answer(State(shelf): State<Arc<Shelf>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let is_known = head.headers[AUTHORIZATION].to_str().unwrap().contains(&format!("Credential={KEY_ID}/"));
    let mood = *shelf.mood.lock().unwrap();
    match mood {
        Mood::Well if is_known => shelf.done(&head.method, &head.uri, &head.headers, body).await,
        Mood::Well | Mood::Refusing => {
            refused(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", &format!("{:?}", head.headers))
        }
        Mood::Hoarding if head.method == Method::PUT => {
            shelf.done(&head.method, &head.uri, &head.headers, body).await
        }
        Mood::Failing | Mood::Hoarding => {
            refused(StatusCode::INSUFFICIENT_STORAGE, "XMinioStorageFull", "disk")
        }
        Mood::Gone => refused(StatusCode::NOT_FOUND, "NoSuchBucket", NAME),
        Mood::Silent => pending().await,
    }
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    (status, format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>")).into_response()
}

impl Shelf {
    async fn done(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: Body) -> Response {
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let key = uri.path().strip_prefix(&format!("/{NAME}")).unwrap().trim_start_matches('/').to_owned();
        let mut files = self.files.lock().unwrap();
        match *method {
            Method::PUT => {
                files.insert(key, bytes);
                [(ETAG, "\"1\"")].into_response()
            }
            Method::DELETE => {
                files.remove(&key);
                StatusCode::NO_CONTENT.into_response()
            }
            Method::GET if key.is_empty() => listed(&files, uri.query().unwrap_or_default()).into_response(),
            Method::GET => match files.get(&key) {
                Some(bytes) => read(bytes, headers),
                None => refused(StatusCode::NOT_FOUND, "NoSuchKey", &key),
            },
            _ => refused(StatusCode::NOT_IMPLEMENTED, "NotImplemented", method.as_str()),
        }
    }
}

fn read(bytes: &Bytes, headers: &HeaderMap) -> Response {
    let heads = [(ETAG, "\"1\""), (LAST_MODIFIED, WHEN)];
    let range = headers.get(RANGE).and_then(|range| range.to_str().unwrap().strip_prefix("bytes="));
    let Some((begin, last)) = range.and_then(|range| range.split_once('-')) else {
        return (heads, bytes.clone()).into_response();
    };
    let (begin, end) = (begin.parse().unwrap(), last.parse::<usize>().unwrap() + 1);
    let range = [(CONTENT_RANGE, format!("bytes {begin}-{last}/{}", bytes.len()))];
    (StatusCode::PARTIAL_CONTENT, heads, range, bytes.slice(begin..end)).into_response()
}

fn listed(files: &BTreeMap<String, Bytes>, query: &str) -> String {
    let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap_or_default();
    let prefix = prefix.replace("%2F", "/");
    let mut xml = String::from("<ListBucketResult>");
    for (key, bytes) in files.iter().filter(|(key, _)| key.starts_with(&prefix)) {
        let size = bytes.len();
        write!(
            xml,
            "<Contents><Key>{key}</Key><Size>{size}</Size><ETag>1</ETag>\
             <LastModified>2025-11-13T02:13:20.000Z</LastModified></Contents>"
        )
        .unwrap();
    }
    xml + "</ListBucketResult>"
}
