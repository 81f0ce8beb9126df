//! Work carried by hand where no network reaches: a file to take along, a colleague's file on its way, and
//! the answer that came back. What a chosen file is, the file says itself.

use leptos::prelude::*;
use leptos::task::spawn_local;
use records::Fault;
use records::call::{
    ApplyCourier, CarryCourier, CourierFile, CourierOpened, CourierTaken, OpenCourier, PackCourier, SyncPage,
};
use records::wire::MAX_COMPRESSED;
use web_sys::File;

use crate::bridge::{self, ask};
use crate::components::file::{ChooseFile, place, upload};
use crate::components::{Button, FaultNote, Icon};
use crate::state::Shared;
use crate::{days, t};

/// Where the person stands.
#[derive(Clone)]
enum Stage {
    /// Nothing was asked yet.
    Quiet,
    /// Something is being written, read or brought.
    Busy(&'static str),
    /// A file lies where the path says.
    Written(Written, String),
    /// An answer was taken in.
    Taken(CourierTaken),
    /// A file that this device wrote itself.
    Own,
    /// It came to nothing; some of it can be tried again as it is.
    Failed(Fault, Option<Again>),
}

/// A file and which way it goes.
#[derive(Clone)]
struct Written {
    file: CourierFile,
    is_answer: bool,
}

/// What is at hand and can be tried again.
#[derive(Clone)]
enum Again {
    /// To bring a file that was chosen.
    Carry(u64),
    /// To write a file that was made.
    Write(Written),
}

/// The section of the page.
pub fn courier(page: Memo<SyncPage>) -> AnyView {
    let stage = RwSignal::new(Stage::Quiet);
    carry_when_the_network_is_back(stage);
    let waiting = move || page.with(|page| page.chip.waiting);
    let words = move || match waiting() {
        0 => t!("courier.words_quiet").to_owned(),
        count => t!("courier.words", count = days::grouped(count.into())),
    };
    let is_busy = move || stage.with(|stage| matches!(stage, Stage::Busy(_)));
    let chosen = move |file: File| {
        if !untrack(is_busy) {
            open(stage, file);
        }
    };
    view! {
        <div class="section"><h2>{t!("courier.title")}</h2></div>
        <div class="stack">
            <div class="card" data-row="courier">
                <p class="card-words">{words}</p>
                <div class="card-acts">
                    <Button act="courier-pack" icon=Icon::Up is_off=Signal::derive(is_busy) on_press=move |()| pack(stage)>
                        {t!("courier.pack")}
                    </Button>
                    <ChooseFile act="courier-file" words=t!("courier.open") on_choose=chosen />
                </div>
                <div aria-live="polite">{move || told(stage)}</div>
                {move || failed(stage)}
            </div>
        </div>
    }
    .into_any()
}

/// A round that ended says that the server can be reached: what could not be brought before goes now.
fn carry_when_the_network_is_back(stage: RwSignal<Stage>) {
    let shared = Shared::here();
    let last_ms = Memo::new(move |_| shared.chip.with(|chip| chip.last_ms));
    Effect::watch(
        move || last_ms.get(),
        move |_, _, _| {
            if let Stage::Failed(fault, Some(again @ Again::Carry(_))) = stage.get_untracked()
                && fault.code == "courier.needs_network"
            {
                try_again(stage, again);
            }
        },
        false,
    );
}

/// Goes on to what an answer leads to. The page may have been left meanwhile.
fn go_on<T: 'static>(
    stage: RwSignal<Stage>,
    again: Option<Again>,
    then: impl FnOnce(T) + 'static,
) -> impl FnOnce(Result<T, Fault>) + 'static {
    move |answer| match answer {
        Ok(answer) => then(answer),
        Err(fault) => drop(stage.try_set(Stage::Failed(fault, again))),
    }
}

fn pack(stage: RwSignal<Stage>) {
    stage.set(Stage::Busy(t!("courier.writing")));
    ask(PackCourier {}, go_on(stage, None, move |file| write(stage, Written { file, is_answer: false })));
}

/// Puts a file where the person finds it.
fn write(stage: RwSignal<Stage>, written: Written) {
    let number = written.file.download;
    let again = Again::Write(written.clone());
    bridge::download(
        number,
        go_on(stage, Some(again), move |path| drop(stage.try_set(Stage::Written(written, path)))),
    );
}

/// Takes in an answer to this device, and brings a colleague's question to the server.
fn open(stage: RwSignal<Stage>, file: File) {
    if file.size() > MAX_COMPRESSED as f64 {
        return stage.set(Stage::Failed(Fault::new("courier.not_a_file"), None));
    }
    stage.set(Stage::Busy(t!("courier.reading")));
    spawn_local(async move {
        let opened = go_on(stage, None, move |upload| {
            ask(
                OpenCourier { upload },
                go_on(stage, None, move |opened| go_where_it_belongs(stage, upload, &opened)),
            );
        });
        opened(upload(file).await);
    });
}

fn go_where_it_belongs(stage: RwSignal<Stage>, upload: u64, opened: &CourierOpened) {
    match (opened.is_answer, opened.is_mine) {
        (true, _) => {
            let taken = move |taken| drop(stage.try_set(Stage::Taken(taken)));
            ask(ApplyCourier { upload }, go_on(stage, None, taken));
        }
        (false, true) => drop(stage.try_set(Stage::Own)),
        (false, false) => carry(stage, upload),
    }
}

fn carry(stage: RwSignal<Stage>, upload: u64) {
    drop(stage.try_set(Stage::Busy(t!("courier.carrying"))));
    let carried = move |file| write(stage, Written { file, is_answer: true });
    ask(CarryCourier { upload }, go_on(stage, Some(Again::Carry(upload)), carried));
}

fn try_again(stage: RwSignal<Stage>, again: Again) {
    match again {
        Again::Carry(upload) => carry(stage, upload),
        Again::Write(written) => write(stage, written),
    }
}

/// What came of it, and what to do next.
fn told(stage: RwSignal<Stage>) -> Option<AnyView> {
    let (name, words, path) = match stage.get() {
        Stage::Quiet | Stage::Failed(..) => return None,
        Stage::Busy(words) => ("busy", words.to_owned(), None),
        Stage::Written(Written { file, is_answer: false }, path) => ("packed", packed(&file), Some(path)),
        Stage::Written(_, path) => ("carried", t!("courier.carried").to_owned(), Some(path)),
        Stage::Taken(taken) => ("taken", brought(taken), None),
        Stage::Own => ("own", t!("courier.own").to_owned(), None),
    };
    let place = path.as_deref().map(place);
    Some(view! { <div class="told" data-courier=name data-path=path><p>{words}</p>{place}</div> }.into_any())
}

fn packed(file: &CourierFile) -> String {
    match (file.commits, file.left) {
        (0, _) => t!("courier.packed_quiet").to_owned(),
        (commits, 0) => t!("courier.packed", count = days::grouped(commits.into())),
        (commits, left) => {
            let (count, left) = (days::grouped(commits.into()), days::grouped(left.into()));
            t!("courier.packed_part", count = count, left = left)
        }
    }
}

fn brought(taken: CourierTaken) -> String {
    match taken == CourierTaken::default() {
        true => t!("courier.taken_before").to_owned(),
        false => t!(
            "courier.taken",
            settled = days::grouped(taken.settled.into()),
            received = days::grouped(taken.received.into())
        ),
    }
}

fn failed(stage: RwSignal<Stage>) -> Option<AnyView> {
    let Stage::Failed(fault, again) = stage.get() else { return None };
    let again = again.map(|again| {
        let press = move |()| try_again(stage, again.clone());
        view! { <div class="card-acts after-fault"><Button act="courier-again" on_press=press>{t!("courier.again")}</Button></div> }
    });
    Some(view! { <FaultNote fault />{again} }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_how_much_is_in_it_and_what_had_no_room() {
        let file = |commits, left| CourierFile { download: 1, name: String::new(), bytes: 0, commits, left };
        assert!(packed(&file(1_200, 0)).starts_with("1,200 条"));
        assert!(packed(&file(700, 30)).contains("还有 30 条装不下"));
        assert_eq!(packed(&file(0, 0)), t!("courier.packed_quiet"));
    }

    #[test]
    fn an_answer_that_was_read_before_is_no_failure() {
        assert!(brought(CourierTaken { settled: 3, received: 0 }).contains("3 条有了结果"));
        assert_eq!(brought(CourierTaken::default()), t!("courier.taken_before"));
    }
}
