//! 人员: the people one is in charge of, let in, given other posts, and let go.

use leptos::prelude::*;
use records::access::{AccessAsk, Colleague, KnownDevice};
use records::call::{AccessTold, AskAccess, KnownPosts, ShownCode, ShownColleague};
use records::codes::Role;
use records::permissions::in_charge_of;

use super::devices::again;
use super::post_form::PostForm;
use crate::components::code_sheet::{CodeSheet, ask_access};
use crate::components::device_rows::DeviceRows;
use crate::components::{Button, Dialog, Empty, Heading, Icon, Page, Picture, SearchField, Tone};
use crate::live::live;
use crate::route::Route;
use crate::state::Shared;
use crate::{labels, t};

/// Whether somebody of this role has people to look after.
pub fn has_team(role: Role) -> bool {
    !in_charge_of(role).is_empty()
}

/// What lies over the list.
#[derive(Clone, PartialEq)]
enum Open {
    Nothing,
    Invite,
    Person(ShownColleague),
    Assign(ShownColleague),
    Dismiss(ShownColleague),
}

/// The page. The administrator's home is this.
#[component]
pub fn TeamPage() -> impl IntoView {
    let shared = Shared::here();
    let search = RwSignal::new(String::new());
    // Few people are looked through here; of many the server is asked for every word.
    let are_many = RwSignal::new(false);
    let words = Memo::new(move |_| if are_many.get() { search.get() } else { String::new() });
    let told = live(move || Some(AskAccess { ask: AccessAsk::People { words: words.get() } }));
    Effect::new(move |_| {
        let is_cut = told.with(|told| matches!(told, Some(Ok(AccessTold::People { is_cut: true, .. }))));
        if is_cut {
            are_many.set(true);
        }
    });
    let open = RwSignal::new(Open::Nothing);
    let code = RwSignal::new(None::<ShownCode>);
    let whom = RwSignal::new(String::new());
    let posts = Memo::new(move |before: Option<&Vec<KnownPosts>>| {
        told.with(|told| match told {
            Some(Ok(AccessTold::People { posts, .. })) => Some(posts.clone()),
            _ => None,
        })
        .or_else(|| before.cloned())
        .unwrap_or_default()
    });
    let renew = Callback::new(move |()| shared.changed());
    let given = Callback::new(move |(name, new): (String, ShownCode)| {
        open.set(Open::Nothing);
        whom.set(name);
        code.set(Some(new));
        renew.run(());
    });
    let list = move || match told.get() {
        Some(Ok(AccessTold::People { people, is_cut, .. })) => {
            let looked_for = search.with(|words| words.trim().to_owned());
            let people: Vec<_> =
                people.into_iter().filter(|row| row.who.name.contains(&looked_for)).collect();
            Some(if people.is_empty() { nobody(!looked_for.is_empty()) } else { rows(people, is_cut, open) })
        }
        Some(Err(fault)) => Some(again(fault, renew)),
        _ => None,
    };
    let sheet = move || {
        match open.get() {
        Open::Nothing => ().into_any(),
        Open::Invite => view! {
            <PostForm posts=posts.get_untracked() on_close=move |()| open.set(Open::Nothing) on_code=given on_done=renew />
        }
        .into_any(),
        Open::Assign(row) => view! {
            <PostForm posts=posts.get_untracked() person=row.who on_close=move |()| open.set(Open::Nothing) on_code=given
                on_done=move |()| { open.set(Open::Nothing); renew.run(()) } />
        }
        .into_any(),
        Open::Person(row) => view! { <PersonSheet row open given renew /> }.into_any(),
        Open::Dismiss(row) => dismissal(shared, row, open, renew),
    }
    };
    let back = (!shared.is_administrator()).then_some(Route::Me);
    let invite = move || {
        view! {
            <Button act="invite" tone=Tone::Main icon=Icon::Plus on_press=move |()| open.set(Open::Invite)>{t!("team.invite")}</Button>
        }
    };
    let heading = match back {
        Some(back) => view! { <Heading title=t!("team.title") back /> }.into_any(),
        None => view! { <Heading title=t!("team.title") /> }.into_any(),
    };
    let of = Signal::derive(move || code.with(|code| code.as_ref().map(|code| code.account)));
    let is_open = Memo::new(move |_| code.with(Option::is_some));
    view! {
        <Page name="team" is_ready=move || told.with(Option::is_some)>
            {heading}
            <div class="sticky"><SearchField label=t!("team.search") value=search /></div>
            <div class="stack wide-gap">
                {invite}
                {list}
            </div>
            {sheet}
            {move || is_open.get().then(|| {
                let title = t!("team.code_for", name = whom.get_untracked());
                view! { <CodeSheet title code of /> }
            })}
        </Page>
    }
    .into_any()
}

fn nobody(is_search: bool) -> AnyView {
    let (title, words) = match is_search {
        true => (t!("team.not_found"), t!("team.not_found_words")),
        false => (t!("team.nobody"), t!("team.nobody_words")),
    };
    view! { <Empty icon=Icon::Family title words /> }.into_any()
}

fn rows(people: Vec<ShownColleague>, is_cut: bool, open: RwSignal<Open>) -> AnyView {
    let rows = people.into_iter().map(|row| {
        let (name, id) = (row.who.name.clone(), row.who.account.to_string());
        let words = labels::joined([Some(labels::role(row.who.role).to_owned()), Some(place(&row))]);
        let state = state(&row.who);
        view! {
            <div class="row" data-row="colleague" data-id=id>
                <Picture icon=Icon::Person />
                <div class="grow">
                    <button type="button" class="row-link" data-act="colleague" on:click=move |_| open.set(Open::Person(row.clone()))>
                        <strong>{name}</strong>
                    </button>
                    <p>{words}</p>
                    <p>{state}</p>
                </div>
                <Picture icon=Icon::Forward is_small=true />
            </div>
        }
    });
    view! {
        <div class="card">{rows.collect_view()}</div>
        {is_cut.then(|| view! { <p class="small quiet-line">{t!("team.more")}</p> })}
    }
    .into_any()
}

/// The place by its name, and by its number where the name has not arrived.
fn place(row: &ShownColleague) -> String {
    row.place.clone().unwrap_or_else(|| row.who.area.as_str().to_owned())
}

fn state(who: &Colleague) -> String {
    match who {
        Colleague { is_dismissed: true, .. } => t!("team.dismissed").to_owned(),
        Colleague { devices: 0, .. } => t!("team.no_device").to_owned(),
        Colleague { devices, .. } => t!("team.devices", count = devices),
    }
}

/// One person: their devices, and what can be done.
#[component]
fn PersonSheet(
    row: ShownColleague,
    open: RwSignal<Open>,
    given: Callback<(String, ShownCode)>,
    renew: Callback<()>,
) -> impl IntoView {
    let shared = Shared::here();
    let (account, name, is_dismissed) = (row.who.account, row.who.name.clone(), row.who.is_dismissed);
    let devices = RwSignal::new(None::<Vec<KnownDevice>>);
    let look = Callback::new(move |()| {
        ask_access(AccessAsk::Devices { of: Some(account) }, move |told| match told {
            Ok(AccessTold::Devices(found)) => drop(devices.try_set(Some(found))),
            Ok(_) => (),
            Err(fault) => shared.say_fault(&fault),
        });
    });
    look.run(());
    let whom = name.clone();
    let code = move |()| {
        let whom = whom.clone();
        ask_access(AccessAsk::Code { of: Some(account) }, move |told| match told {
            Ok(AccessTold::Code(new)) => drop(given.try_run((whom, new))),
            Ok(_) => (),
            Err(fault) => shared.say_fault(&fault),
        });
    };
    let words = labels::joined([Some(labels::role(row.who.role).to_owned()), Some(place(&row))]);
    let (assign, dismiss) = (row.clone(), row);
    let list = move || {
        devices.get().filter(|devices| !devices.is_empty()).map(|devices| {
            let changed = move |()| {
                look.run(());
                renew.run(());
            };
            view! { <h3 class="section">{t!("team.their_devices")}</h3><DeviceRows devices changed /> }
        })
    };
    view! {
        <Dialog title=name name="colleague" on_close=move |()| open.set(Open::Nothing)>
            <p>{words}</p>
            {(!is_dismissed).then(|| view! {
                <Button act="new-code" tone=Tone::Main on_press=code>{t!("team.new_code")}</Button>
            })}
            <Button act="assign" on_press=move |()| open.set(Open::Assign(assign.clone()))>
                {if is_dismissed { t!("team.back") } else { t!("team.assign") }}
            </Button>
            {(!is_dismissed).then(|| view! {
                <Button act="dismiss" on_press=move |()| open.set(Open::Dismiss(dismiss.clone()))>{t!("team.dismiss")}</Button>
            })}
            {list}
        </Dialog>
    }
    .into_any()
}

fn dismissal(shared: Shared, row: ShownColleague, open: RwSignal<Open>, renew: Callback<()>) -> AnyView {
    let account = row.who.account;
    let close = move |()| open.set(Open::Nothing);
    let dismiss = move |()| {
        ask_access(AccessAsk::Dismiss { account }, move |told| {
            open.try_set(Open::Nothing);
            match told {
                Ok(_) => drop(renew.try_run(())),
                Err(fault) => shared.say_fault(&fault),
            }
        });
    };
    view! {
        <Dialog title=t!("team.dismiss_title", name = row.who.name) name="dismiss" on_close=close>
            <p>{t!("team.dismiss_words")}</p>
            <Button act="dismiss-yes" tone=Tone::Main on_press=dismiss>{t!("team.dismiss_yes")}</Button>
            <Button act="dismiss-no" on_press=close>{t!("team.dismiss_no")}</Button>
        </Dialog>
    }
    .into_any()
}
