//! Posting bytes to the server.

use js_sys::{Reflect, Uint8Array};
use records::wire::MAX_COMPRESSED;
use shell::{NoAnswer, SILENCE_MS, patience_with};
use sync::device::{CONTENT_TYPE, Incoming, Outgoing, SIGNATURE_HEADER};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, Request, RequestCredentials, RequestInit,
    RequestRedirect, Response,
};

use crate::worker;

/// Gives a request up when nobody waits for it any more.
struct GivenUp(AbortController);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Posts a request and reads the answer, at most one byte more than is allowed. Gives up on silence, not on
/// slowness. Whom to trust is the browser's word: pages cannot ask by whom a server is known.
///
/// # Errors
/// When nobody answered.
pub async fn post(server: &str, outgoing: &Outgoing) -> Result<Incoming, NoAnswer> {
    let given_up = GivenUp(AbortController::new().map_err(|_| NoAnswer::Unreachable)?);
    let request = request(server, outgoing, &given_up.0).map_err(|_| NoAnswer::Unreachable)?;
    let asked = JsFuture::from(worker::scope().fetch_with_request(&request));
    let response: Response = timely(patience_with(outgoing), asked).await?.unchecked_into();
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let mut incoming = Incoming {
        status: response.status(),
        content_type: header("content-type"),
        // The browser has inflated it.
        content_encoding: None,
        signature: header(SIGNATURE_HEADER),
        body: vec![],
    };
    if let Some(body) = response.body() {
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        read_all(&reader, &mut incoming.body).await?;
    }
    Ok(incoming)
}

fn request(server: &str, outgoing: &Outgoing, abort: &AbortController) -> Result<Request, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", CONTENT_TYPE)?;
    if let Some(encoding) = outgoing.content_encoding {
        headers.set("content-encoding", encoding)?;
    }
    if let Some(authorization) = outgoing.authorization() {
        headers.set("authorization", &authorization)?;
    }
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_headers(&headers);
    options.set_body(&Uint8Array::from(&outgoing.body[..]));
    // A server never sends a device elsewhere; a login page would get the commits.
    options.set_redirect(RequestRedirect::Error);
    options.set_credentials(RequestCredentials::Omit);
    options.set_signal(Some(&abort.signal()));
    Request::new_with_str_and_init(&format!("{server}{}", outgoing.path), &options)
}

async fn read_all(reader: &ReadableStreamDefaultReader, body: &mut Vec<u8>) -> Result<(), NoAnswer> {
    while body.len() <= MAX_COMPRESSED {
        let part = timely(SILENCE_MS, JsFuture::from(reader.read())).await?;
        let Some(bytes) =
            Reflect::get(&part, &"value".into()).ok().and_then(|v| v.dyn_into::<Uint8Array>().ok())
        else {
            break;
        };
        let start = body.len();
        body.resize(start + bytes.length() as usize, 0);
        bytes.copy_to(&mut body[start..]);
    }
    body.truncate(MAX_COMPRESSED + 1);
    Ok(())
}

async fn timely(limit_ms: u64, work: JsFuture) -> Result<JsValue, NoAnswer> {
    tokio::select! {
        done = work => done.map_err(|_| NoAnswer::Unreachable),
        () = worker::sleep(limit_ms) => Err(NoAnswer::Unreachable),
    }
}
