//! 导入: a spreadsheet is shown as it was understood before anything is written.

use leptos::prelude::*;
use leptos::task::spawn_local;
use records::Fault;
use records::call::{
    AcceptImport, ImportKind, ImportPreview, ImportProblem, Imported, PreviewImport, Session,
};
use records::codes::Role;

use crate::bridge::ask;
use crate::components::file::{ChooseFile, upload};
use crate::components::{Button, Chip, FaultNote, Heading, Icon, LinkButton, Page, Picture, Tone};
use crate::route::Route;
use crate::state::Shared;
use crate::{days, t, words};

/// What the page goes through.
#[derive(Clone)]
enum Stage {
    Choosing,
    Reading(String),
    Previewed(ImportPreview),
    Done(Imported),
    Failed(Fault),
}

/// The import page.
#[component]
pub fn ImportPage() -> impl IntoView {
    let shared = Shared::here();
    let what = shared.session.with_untracked(|session| session.as_ref().and_then(importable));
    let stage = RwSignal::new(Stage::Choosing);
    let chosen = move |file: web_sys::File| {
        stage.set(Stage::Reading(file.name()));
        let Some(what) = what else { return };
        let file_name = file.name();
        spawn_local(async move {
            match upload(file).await {
                Ok(upload) => ask(PreviewImport { upload, file_name, what }, move |preview| {
                    stage.try_set(preview.map_or_else(Stage::Failed, Stage::Previewed));
                }),
                Err(fault) => drop(stage.try_set(Stage::Failed(fault))),
            }
        });
    };
    view! {
        <Page name="import" is_ready=true>
            <Heading title=t!("import.title") aside=what.map(words_of).unwrap_or_default() back=Route::Me />
            <div class="stack wide-gap">
                {match what {
                    Some(_) => view! {
                        <section class="form">
                            <p class="small">{t!("import.words")}</p>
                            <ChooseFile act="import-file" words=t!("import.choose") tone=Tone::Main accept=".csv,.xlsx,text/csv" on_choose=chosen />
                        </section>
                    }
                    .into_any(),
                    None => view! { <FaultNote fault=Fault::new("not_permitted") /> }.into_any(),
                }}
                {move || match stage.get() {
                    Stage::Choosing => ().into_any(),
                    Stage::Reading(name) => reading(&name).into_any(),
                    Stage::Previewed(preview) => view! { <Preview preview stage /> }.into_any(),
                    Stage::Done(imported) => done(imported).into_any(),
                    Stage::Failed(fault) => view! { <FaultNote fault /> }.into_any(),
                }}
            </div>
        </Page>
    }
}

/// What this person may import: a county its item list, a grid worker the households of the grid.
pub fn importable(session: &Session) -> Option<ImportKind> {
    match session.worker.as_ref()?.role {
        Role::County => Some(ImportKind::Items),
        Role::GridWorker => Some(ImportKind::Households),
        _ => None,
    }
}

/// What a file of this kind holds.
pub fn words_of(kind: ImportKind) -> &'static str {
    match kind {
        ImportKind::Items => t!("import.items"),
        ImportKind::Households => t!("import.households"),
    }
}

fn reading(name: &str) -> impl IntoView + use<> {
    view! { <p class="quiet-line" role="status">{t!("import.reading", name = name)}</p> }
}

/// What would happen, with the problems by row and column.
#[component]
fn Preview(preview: ImportPreview, stage: RwSignal<Stage>) -> impl IntoView {
    let upload = preview.upload;
    let changes = preview.new + preview.changed;
    let is_writing = RwSignal::new(false);
    let accept = move |()| {
        // A second press would ask for a file that is being written already.
        if is_writing.get_untracked() {
            return;
        }
        is_writing.set(true);
        ask(AcceptImport { upload }, move |answer| {
            stage.try_set(answer.map_or_else(Stage::Failed, Stage::Done));
        });
    };
    view! {
        <section class="card counts number" data-preview="true">
            {count(t!("import.rows"), preview.rows)}
            {count(t!("import.new"), preview.new)}
            {count(t!("import.changed"), preview.changed)}
            {count(t!("import.same"), preview.same)}
            {count(t!("import.problems"), preview.problem_count)}
        </section>
        {columns(&preview)}
        {sample(&preview)}
        {(preview.problem_count > 0).then(|| problems(&preview))}
        <footer class="foot">
            <div class="foot-row">
                <Button act="import-cancel" is_off=is_writing on_press=move |()| stage.set(Stage::Choosing)>{t!("cancel")}</Button>
                <Button act="import-accept" tone=Tone::Main is_off=Signal::derive(move || changes == 0 || is_writing.get()) on_press=accept>
                    {move || match changes {
                        _ if is_writing.get() => t!("import.writing").to_owned(),
                        0 => t!("import.nothing").to_owned(),
                        _ => t!("import.accept", count = days::grouped(changes.into())),
                    }}
                </Button>
            </div>
        </footer>
    }
}

fn count(words: &'static str, value: u32) -> impl IntoView {
    view! { <div class="count"><strong>{days::grouped(value.into())}</strong><small>{words}</small></div> }
}

fn columns(preview: &ImportPreview) -> impl IntoView + use<> {
    let known = preview.columns.iter().map(|(header, _)| header.clone());
    let known = known.map(|header| view! { <Chip colour="ok" icon=Icon::Check>{header}</Chip> });
    let known = known.collect_view();
    let unknown = preview
        .unknown_columns
        .iter()
        .map(|header| view! { <span class="chip">{header.clone()}</span> })
        .collect_view();
    let has_unknown = !preview.unknown_columns.is_empty();
    view! {
        <section>
            <h2 class="section">{t!("import.columns")}</h2>
            <div class="wrap">{known}</div>
            {has_unknown.then(|| view! {
                <p class="small">{t!("import.unknown_columns")}</p>
                <div class="wrap">{unknown}</div>
            })}
        </section>
    }
}

/// The first rows as they were understood.
fn sample(preview: &ImportPreview) -> impl IntoView + use<> {
    let head = preview
        .columns
        .iter()
        .map(|(header, _)| view! { <th scope="col">{header.clone()}</th> })
        .collect_view();
    let rows = preview.sample.iter().map(|row| {
        let cells = row.iter().map(|cell| view! { <td>{cell.clone()}</td> }).collect_view();
        view! { <tr>{cells}</tr> }
    });
    let rows = rows.collect_view();
    (!preview.sample.is_empty()).then(|| {
        view! {
            <section>
                <h2 class="section">{t!("import.sample")}</h2>
                <div class="card table-place" tabindex="0" role="region" aria-label=t!("import.sample")>
                    <table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>
                </div>
            </section>
        }
    })
}

fn problems(preview: &ImportPreview) -> impl IntoView + use<> {
    let shown = preview.problems.len() as u32;
    let beyond = preview.problem_count.saturating_sub(shown);
    let rows = preview.problems.iter().map(problem).collect_view();
    view! {
        <section>
            <h2 class="section">{t!("import.problems_head")}</h2>
            <p class="small">{t!("import.problems_words")}</p>
            <div class="card">{rows}</div>
            {(beyond > 0).then(|| view! { <p class="small quiet-line">{t!("sync.and_more", count = beyond)}</p> })}
        </section>
    }
}

fn problem(problem: &ImportProblem) -> impl IntoView + use<> {
    let place = if problem.column.is_empty() {
        t!("import.row", row = problem.row)
    } else {
        t!("import.cell", row = problem.row, column = problem.column)
    };
    let value = (!problem.value.is_empty()).then(|| view! { " "<code>{problem.value.clone()}</code> });
    view! {
        <div class="row" data-row="problem">
            <Picture icon=Icon::Alert />
            <div class="grow">
                <strong class="number">{place}</strong>{value}
                <p class="words">{words::fault(&problem.fault)}</p>
            </div>
        </div>
    }
}

fn done(imported: Imported) -> impl IntoView {
    let words = t!(
        "import.done",
        new = days::grouped(imported.new.into()),
        changed = days::grouped(imported.changed.into())
    );
    view! {
        <div class="empty" role="status" data-imported="true">
            <Picture icon=Icon::Check />
            <h2>{t!("import.done_title")}</h2>
            <p>{words}</p>
            <LinkButton tone=Tone::Plain icon=Icon::Home to=Route::Households>{t!("today.to_households")}</LinkButton>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use records::call::{Settings, SyncChip, Worker};

    use super::*;

    fn session(role: Role) -> Session {
        Session {
            worker: Some(Worker {
                name: "周燕".into(),
                role,
                area: "230881/001/003/07".parse().unwrap(),
                community: None,
                grid: None,
                host_unit: None,
                filing: None,
                server: String::new(),
            }),
            settings: Settings::default(),
            today: chrono::NaiveDate::default(),
            sync: SyncChip::default(),
            version: String::new(),
            data_place: String::new(),
        }
    }

    #[test]
    fn nobody_is_offered_an_import_that_would_be_refused() {
        assert_eq!(importable(&session(Role::County)), Some(ImportKind::Items));
        assert_eq!(importable(&session(Role::GridWorker)), Some(ImportKind::Households));
        assert_eq!(importable(&session(Role::Member)), None);
    }
}
