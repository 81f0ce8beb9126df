//! What the worker's script calls.

use std::rc::Rc;

use app::{App, Context};
use js_sys::{Array, Function, Promise, Uint8Array};
use records::Fault;
use records::attachment::AttachmentHash;
use records::call::{Event, Lock, Request, Response, Room};
use shell::{Asker, Background, FAILED_INSIDE, Movable, NoAnswer, Platform, Wanted, calls};
use sync::ServerAddress;
use sync::device::{Incoming, Outgoing};
use vault::Key;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

use crate::held::{Health, Held};
use crate::{clock, fetch, storage, worker};

/// The core and the network, as a browser has them.
#[derive(Clone)]
struct Ground {
    held: Rc<Held>,
    /// Hears each event, as JSON.
    tell: Function,
    /// Opens and closes with a code, in a worker that goes afterwards.
    lockbox: Function,
}

impl Ground {
    /// Asks the other worker. What it throws is a code.
    async fn beside(&self, what: &str, bytes: &[u8], code: &str) -> Result<Vec<u8>, Fault> {
        let bytes = Uint8Array::from(bytes);
        let done = self.lockbox.call3(&JsValue::UNDEFINED, &what.into(), &bytes, &code.into());
        let done = async { JsFuture::from(done?.dyn_into::<Promise>()?).await }.await;
        let done = done.and_then(JsCast::dyn_into::<Uint8Array>);
        done.map(|bytes| bytes.to_vec())
            .map_err(|thrown| Fault::new(thrown.as_string().as_deref().unwrap_or(FAILED_INSIDE)))
    }
}

impl Platform for Ground {
    async fn ask<T: Movable + 'static>(
        &self,
        asker: Asker,
        work: impl FnOnce(&mut App, &mut Context<'_>) -> Result<T, Fault> + Movable + 'static,
    ) -> Result<T, Fault> {
        if asker == Asker::Sync {
            worker::let_pages_go_first().await;
        }
        self.held.open_again().await;
        self.held.run(work)
    }

    async fn post(&self, server: &ServerAddress, outgoing: &Outgoing) -> Result<Incoming, NoAnswer> {
        fetch::post(&server.url, outgoing).await
    }

    async fn sleep(&self, ms: u64) {
        worker::sleep(ms).await;
    }

    fn ticks_ms(&self) -> u64 {
        clock::ticks_ms()
    }

    fn now_ms(&self) -> i64 {
        clock::now().utc_ms
    }

    async fn room(&self) -> Room {
        Room { is_gone: self.held.is_gone(), ..storage::room().await }
    }

    async fn close(&self, plain: Vec<u8>, code: String) -> Result<Vec<u8>, Fault> {
        self.beside("close", &plain, &code).await
    }

    async fn open(&self, closed: Vec<u8>, code: String) -> Result<Vec<u8>, Fault> {
        self.beside("open", &closed, &code).await
    }

    async fn lock(&self, wanted: Wanted) -> Result<Lock, Fault> {
        self.held.open_again().await;
        let is_look = matches!(wanted, Wanted::Look);
        let lock = self.held.lock(wanted);
        if !is_look {
            // The pages of all tabs lock and open together.
            self.tell(&Event::Changed);
        }
        lock
    }

    fn tell(&self, event: &Event) {
        let told = serde_json::to_string(event).unwrap_or_default();
        // A page that is gone need not know.
        let _ = self.tell.call1(&JsValue::UNDEFINED, &told.into());
    }
}

/// This device, for as long as its tab owns the database. Requests, answers, events and faults are JSON.
#[wasm_bindgen]
pub struct Device {
    ground: Ground,
    background: Background,
}

#[wasm_bindgen]
impl Device {
    /// Takes hold of the database and lets rounds and photos begin. `tell` hears events; `lockbox` closes and
    /// opens bytes with a code. With the `key` of the tab that had the database before, it is open.
    pub async fn open(tell: Function, lockbox: Function, key: Option<Vec<u8>>) -> Device {
        let key = key.and_then(|key| key.try_into().ok()).map(Key::new);
        let ground = Ground { held: Rc::new(Held::open(key).await), tell, lockbox };
        let background = Background::default();
        spawn_local(background.clone().rounds(ground.clone()));
        spawn_local(background.clone().photos(ground.clone()));
        Device { ground, background }
    }

    /// The one typed call.
    pub fn call(&self, request: &str) -> Promise {
        let request = serde_json::from_str::<Request>(request);
        let (ground, background) = (self.ground.clone(), self.background.clone());
        future_to_promise(async move {
            let request = request.map_err(|error| garbled(&error))?;
            let is_settings = matches!(request, Request::SaveSettings(_));
            let response =
                calls::call(&ground, &background, request).await.map_err(|fault| thrown(&fault))?;
            if let (Response::Session(session), true) = (&response, is_settings) {
                // What was saved is saved, whether or not the lock can remember how it looks.
                let _ = ground.held.door(|door| door.look(&session.settings));
            }
            serde_json::to_string(&response).map(JsValue::from).map_err(|error| garbled(&error))
        })
    }

    /// The key, while the database is open: for the tab that has it next.
    pub fn key(&self) -> Option<Vec<u8>> {
        self.ground.held.door(|door| Ok(door.key()?.bytes().to_vec())).ok()
    }

    /// Takes the bytes of a file the person chose; answers the number it goes by.
    pub fn upload(&self, bytes: Vec<u8>) -> Promise {
        self.on_core(
            move |app| Ok(app.upload(bytes)),
            |number| {
                #[expect(clippy::cast_precision_loss, reason = "numbers of the bridge are below 2^53")]
                JsValue::from_f64(number as f64)
            },
        )
    }

    /// The bytes of an upload.
    pub fn uploaded(&self, number: f64) -> Promise {
        let number = whole(number);
        self.on_core(
            move |app| Ok(app.uploaded(number)?.to_vec()),
            |bytes| Uint8Array::from(&bytes[..]).into(),
        )
    }

    /// Puts a table in the place of the file it was read from.
    pub fn replace_upload(&self, number: f64, table: Vec<u8>) -> Promise {
        let number = whole(number);
        self.on_core(move |app| app.replace_upload(number, table), |()| JsValue::UNDEFINED)
    }

    /// Name and bytes of a file the core offers.
    pub fn download(&self, number: f64) -> Promise {
        let number = whole(number);
        let missing = || Fault::new("shell.download_missing");
        self.on_core(
            move |app| app.download(number).cloned().ok_or_else(missing),
            |offered| Array::of2(&offered.name.into(), &Uint8Array::from(&offered.bytes[..])).into(),
        )
    }

    /// The bytes of a photo that is on this device; its hash is JSON.
    pub fn photo(&self, hash: &str) -> Promise {
        let hash = serde_json::from_str::<AttachmentHash>(hash);
        let missing = || Fault::new("attachment.missing");
        self.on_core(
            move |app| app.photo(hash.map_err(|_| missing())?)?.ok_or_else(missing),
            |bytes| Uint8Array::from(&bytes[..]).into(),
        )
    }

    /// The network is back, or the page is looked at again.
    pub fn wake(&self) {
        self.background.wake();
    }

    /// Looks whether the browser took the files away: answers `whole`, `unsent` or `nothing` by what is left.
    pub fn look_after(&self) -> Promise {
        let ground = self.ground.clone();
        future_to_promise(async move {
            let left = match ground.held.look_after().await {
                Health::Whole => "whole",
                Health::Unsent => "unsent",
                Health::Nothing => "nothing",
            };
            Ok(left.into())
        })
    }

    /// Closes the database, so that another tab can open it. Nothing is answered any more.
    pub fn give(&self) {
        self.background.stop_round();
        self.ground.held.give();
    }

    fn on_core<T: 'static>(
        &self,
        work: impl FnOnce(&mut App) -> Result<T, Fault> + 'static,
        told: impl FnOnce(T) -> JsValue + 'static,
    ) -> Promise {
        let ground = self.ground.clone();
        future_to_promise(async move {
            let done = ground.ask(Asker::Page, move |app, _| work(app)).await;
            done.map(told).map_err(|fault| thrown(&fault))
        })
    }
}

/// A number that the core gave out.
fn whole(number: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the core counts from 1")]
    let number = number as u64;
    number
}

fn thrown(fault: &Fault) -> JsValue {
    serde_json::to_string(fault).unwrap_or_default().into()
}

fn garbled(error: &serde_json::Error) -> JsValue {
    thrown(&Fault::new("shell.garbled").with("detail", error))
}
