//! The app for browsers: files that were packed when the server was built, or lie in a folder.
//!
//! Everything below `/v/` is of one version for ever; what lies beside it is asked for anew each time.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sync::signature::digest;

use super::Server;

/// Each file by its path, and as it lies packed beside itself.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// What may run, be fetched and be shown: this server's own, and photos of this device.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; \
    frame-ancestors 'none'; form-action 'none'; base-uri 'none'";
/// Said with every file.
const ALWAYS: [(HeaderName, &str); 6] = [
    (HeaderName::from_static("content-security-policy"), POLICY),
    (HeaderName::from_static("x-content-type-options"), "nosniff"),
    (HeaderName::from_static("referrer-policy"), "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "geolocation=(), microphone=(), camera=(self)"),
];
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// A file, in the ways it can be sent.
#[derive(Debug, Default)]
struct Page {
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
    tag: String,
}

/// The files of the app, by their paths.
#[derive(Debug)]
pub struct Pages(BTreeMap<String, Page>);

impl Pages {
    /// Those that are part of this program.
    pub fn embedded() -> Self {
        Self::of(EMBEDDED.iter().map(|(name, bytes)| ((*name).to_owned(), Bytes::from_static(bytes))))
    }

    /// Those in a folder, each beside its packed forms. They are read once.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        let mut files = vec![];
        read_folder(folder, "", &mut files)?;
        Ok(Self::of(files.into_iter()))
    }

    fn of(files: impl Iterator<Item = (String, Bytes)>) -> Self {
        let mut pages: BTreeMap<String, Page> = BTreeMap::new();
        for (name, bytes) in files {
            match name.rsplit_once('.') {
                Some((name, "gz")) => pages.entry(name.to_owned()).or_default().gzip = Some(bytes),
                Some((name, "br")) => pages.entry(name.to_owned()).or_default().brotli = Some(bytes),
                _ => {
                    let page = pages.entry(name).or_default();
                    // Weak: the same for every way in which it is packed.
                    page.tag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&digest(&bytes)[..12]));
                    page.plain = bytes;
                }
            }
        }
        Self(pages)
    }
}

fn read_folder(folder: &Path, under: &str, files: &mut Vec<(String, Bytes)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{under}{}", entry.file_name().to_string_lossy());
        match entry.file_type()?.is_dir() {
            true => read_folder(&entry.path(), &format!("{name}/"), files)?,
            false => files.push((name, fs::read(entry.path())?.into())),
        }
    }
    Ok(())
}

/// Answers what no other route does.
pub(super) async fn page(State(server): State<Server>, request: Request) -> Response {
    let name = match request.uri().path() {
        "/" => "index.html",
        path => path.trim_start_matches('/'),
    };
    let is_asked = [Method::GET, Method::HEAD].contains(request.method());
    match server.pages.0.get(name) {
        Some(page) if is_asked => answer(name, page, request.headers()),
        _ if name == "index.html" => (StatusCode::NOT_FOUND, NO_PAGES).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Said at `/` by a server that was built without them.
const NO_PAGES: &str = "This Gridwalk server was built without its pages: `cargo xtask ui` makes them.\n";

fn answer(name: &str, page: &Page, asked: &HeaderMap) -> Response {
    let lifetime = if name.starts_with("v/") { FOR_EVER } else { ASK_AGAIN };
    let headers = [(CACHE_CONTROL, lifetime), (ETAG, page.tag.as_str()), (VARY, "accept-encoding")];
    let is_known = asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == page.tag.as_bytes());
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers, ALWAYS).into_response();
    }
    let (encoding, bytes) = packed_for(page, asked);
    let mut response = (headers, ALWAYS, [(CONTENT_TYPE, type_of(name))], Body::from(bytes)).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn packed_for(page: &Page, asked: &HeaderMap) -> (Option<&'static str>, Bytes) {
    let accepted = asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes =
        |name: &str| accepted.split(',').any(|one| one.split(';').next().is_some_and(|n| n.trim() == name));
    match (&page.brotli, &page.gzip) {
        (Some(bytes), _) if takes("br") => (Some("br"), bytes.clone()),
        (_, Some(bytes)) if takes("gzip") => (Some("gzip"), bytes.clone()),
        _ => (None, page.plain.clone()),
    }
}

fn type_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, kind)| kind) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
