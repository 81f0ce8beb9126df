//! What somebody is to do, and where: for who is new, and for who takes up another post.

use leptos::prelude::*;
use records::access::{AccessAsk, AskedPost, Colleague};
use records::call::{AccessTold, KnownPosts, ShownCode};
use records::codes::Role;
use records::{AreaPath, Fault};

use crate::components::code_sheet::ask_access;
use crate::components::{Button, Dialog, FaultNote, Field, Pick, Tone};
use crate::{labels, t};

/// Most places offered at once; of more one types the number.
const OFFERED: usize = 12;

/// The form. Without a person it invites somebody.
#[component]
pub fn PostForm(
    /// The posts one may give.
    posts: Vec<KnownPosts>,
    /// Who takes up another post.
    #[prop(optional)]
    person: Option<Colleague>,
    /// Closes it.
    #[prop(into)]
    on_close: Callback<()>,
    /// Takes the name and the code of who was invited.
    on_code: Callback<(String, ShownCode)>,
    /// Hears that the post was given.
    #[prop(into)]
    on_done: Callback<()>,
) -> impl IntoView {
    let (name, phone, of) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let role = RwSignal::new(
        person.as_ref().map(|person| person.role).or_else(|| posts.first().map(|post| post.role)),
    );
    let area =
        RwSignal::new(person.as_ref().map(|person| person.area.as_str().to_owned()).unwrap_or_default());
    let fault = RwSignal::new(None::<Fault>);
    let is_asking = RwSignal::new(false);
    let account = person.as_ref().map(|person| person.account);
    let is_new = account.is_none();
    let post = move || {
        let area: AreaPath = area.with(|area| area.trim().parse().ok())?;
        let of = of.with(|of| of.trim().to_owned());
        Some(AskedPost {
            role: role.get()?,
            area,
            of: (has_own(role.get()?) && !of.is_empty()).then_some(of),
        })
    };
    let is_incomplete =
        move || is_asking.get() || post().is_none() || (is_new && name.with(|name| name.trim().is_empty()));
    let send = move |()| {
        let Some(post) = untrack(post).filter(|_| !untrack(is_incomplete)) else { return };
        let words = name.get_untracked();
        let what = match account {
            Some(account) => AccessAsk::Assign { account, post },
            None => AccessAsk::Invite { name: words.clone(), post, phone: Some(phone.get_untracked()) },
        };
        is_asking.set(true);
        fault.set(None);
        ask_access(what, move |told| {
            is_asking.try_set(false);
            match told {
                Ok(AccessTold::Code(code)) => drop(on_code.try_run((words, code))),
                Ok(_) => drop(on_done.try_run(())),
                Err(why) => drop(fault.try_set(Some(why))),
            }
        });
    };
    let roles: Vec<Role> = posts.iter().map(|post| post.role).collect();
    let offered = move || offered(&posts, role.get(), area);
    let who = is_new.then(|| view! {
        <Field act="person-name" label=t!("team.name") value=name is_first=true />
        <Field act="person-phone" label=t!("team.phone") value=phone keyboard="tel" hint=t!("team.phone_hint") />
    });
    let own = move || {
        role.get().filter(|role| has_own(*role)).map(|_| {
            view! {
                <Field act="person-of" label=t!("team.of") value=of hint=t!("team.of_hint") />
            }
        })
    };
    let chips = roles.into_iter().map(move |one| {
        view! {
            <Pick act=format!("role-{}", one.code()) is_on=Signal::derive(move || role.get() == Some(one))
                on_press=move |()| { role.set(Some(one)); area.set(String::new()) }>{labels::role(one)}</Pick>
        }
    });
    let title = person
        .map_or_else(|| t!("team.invite").to_owned(), |person| t!("team.assign_title", name = person.name));
    view! {
        <Dialog title name="post" on_close>
            <div class="form">
                {who}
                <div class="field">
                    <span>{t!("team.role")}</span>
                    <div class="wrap" role="group" aria-label=t!("team.role")>{chips.collect_view()}</div>
                </div>
                {own}
                <div>
                    <Field act="person-area" label=t!("team.area") value=area hint=t!("team.area_hint") />
                    {offered}
                </div>
                {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
                <Button act="post-send" tone=Tone::Main is_off=Signal::derive(is_incomplete) on_press=send>
                    {if is_new { t!("team.send") } else { t!("team.assign") }}
                </Button>
            </div>
        </Dialog>
    }
    .into_any()
}

/// A department has a name, a unit an id of its own.
fn has_own(role: Role) -> bool {
    matches!(role, Role::Department | Role::UnitLiaison | Role::Contractor)
}

/// Places of this role that are known here, to press instead of typing their number.
fn offered(posts: &[KnownPosts], role: Option<Role>, area: RwSignal<String>) -> AnyView {
    let of_role = posts.iter().find(|post| Some(post.role) == role);
    let places = of_role.map(|post| post.places.clone()).unwrap_or_default();
    let shown = move || {
        let typed = area.get();
        let fits = places.iter().filter(|(path, _)| path.as_str().starts_with(typed.trim())).take(OFFERED);
        let chips = fits.cloned().map(|(path, name)| {
            let (here, is_here) = (path.as_str().to_owned(), path.as_str().to_owned());
            view! {
                <Pick act=format!("area-{here}") is_on=Signal::derive(move || area.with(|typed| typed.trim() == is_here))
                    on_press=move |()| area.set(here.clone())>{name}</Pick>
            }
        });
        view! { <div class="wrap" role="group" aria-label=t!("team.area")>{chips.collect_view()}</div> }
    };
    shown.into_any()
}
