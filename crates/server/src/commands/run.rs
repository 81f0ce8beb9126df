//! `run`: serves until it is told to stop.

use std::error::Error;
use std::ffi::OsString;
use std::io::{Write, stderr, stdout};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use records::codes::Role;
use server::database::sql::Sql;
use server::database::{Place, meta};
use server::fault::chain;
use server::files::Files;
use server::http::listen;
use server::http::pages::Pages;
use server::invite::Address;
use server::tls::Tls;
use server::{Database, Server, ServerFault, demo};

use tokio::sync::oneshot;

use super::ending::Ending;
use super::now_ms;
use super::sweep::say_daily;
use crate::command_line::RunOptions;

/// Roles whose invitations the demo prints, by their names on the command line.
const DEMO_ROLES: [(&str, Role); 2] =
    [("grid-worker", Role::GridWorker), ("community-staff", Role::CommunityStaff)];

/// Serves until SIGTERM or Ctrl-C.
pub fn run(options: RunOptions) -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().json().with_writer(stderr).init();
    tracing::info!(database = %options.place, "opening");
    let threads = blocking_threads(&options.place);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().max_blocking_threads(threads).build()?.block_on(serve(options))
}

/// Threads for what waits or takes long: reading and writing the database, inflating, packing. As many as
/// can do something at the same moment and no more, since each keeps memory that nobody else uses.
fn blocking_threads(place: &Place) -> usize {
    match place {
        Place::Folder(_) => 8,
        Place::Postgres(_) => 32,
    }
}

async fn serve(options: RunOptions) -> Result<(), Box<dyn Error>> {
    let database = Database::open_at(&options.place, now_ms()).await?;
    if let Some((size, seed)) = options.demo {
        let records =
            database.write(move |transaction| demo::fill(transaction, size, seed, now_ms())).await?;
        tracing::info!(records, "sample loaded");
    }
    let mut server = Server::new(database.clone(), Arc::new(now_ms)).await?;
    match &options.attachments {
        Some(location) => {
            let files = Files::at(location, std::env::vars_os().filter_map(readable))?;
            tokio::spawn(tell_whether_photos_can_be_kept(files.clone(), location.to_string()));
            server = server.with_files(files);
        }
        None => tracing::warn!("no --attachments: photos are not taken, and wait on the devices"),
    }
    if let Some(folder) = &options.pages {
        server = server.with_pages(Pages::in_folder(folder)?);
    }
    let tls = options.tls.clone().map(|certificate| Tls::begin(certificate, now_ms())).transpose()?;
    if let Some(days) = options.token_days {
        server = server.with_token_age(i64::from(days) * 24 * 3_600_000);
    }
    // Before anybody hears that the server listens: who hears it may end it at once.
    let mut ending = Ending::heard_from_now_on()?;
    let listener = listen::bind(options.listen)?;
    let address = listener.local_addr()?;
    let reached = reached(&options, tls.as_ref(), address)?;
    let is_demo = options.demo.is_some();
    let invitations = database.write(move |transaction| {
        let Some(reached) = &reached else { return Ok(vec![]) };
        meta::set_url(transaction, &reached.text())?;
        if is_demo { invitations(transaction, reached) } else { Ok(vec![]) }
    });
    if let Some(address) = options.metrics {
        let listener = listen::bind(address)?;
        tracing::info!(address = %listener.local_addr()?, "metrics");
        tokio::spawn(listen::serve(listener, server.clone().metrics_router(), std::future::pending()));
    }
    announce(scheme(tls.as_ref()), address, &invitations.await?)?;
    let looking = tokio::spawn(say_daily(database.clone(), options.periods.clone()));
    let kept = server.clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let audit = tokio::spawn(async move { kept.keep_audit(async { drop(stopped.await) }).await });
    match tls {
        None => listen::serve(listener, server.router(), ending.told()).await,
        Some(tls) => {
            let renewing = tokio::spawn(renew_in_time(tls.clone()));
            listen::serve_tls(listener, tls.acceptor(), server.router(), ending.told()).await;
            renewing.abort();
        }
    }
    looking.abort();
    drop(stop);
    audit.await?;
    Ok(())
}

/// Rows do not wait for a store of photos, so neither does the server's start.
async fn tell_whether_photos_can_be_kept(files: Files, location: String) {
    match files.check().await {
        Ok(()) => tracing::info!(location, "photos can be kept"),
        Err(fault) => {
            tracing::error!(
                location,
                cause = chain(&fault),
                "photos cannot be kept, and wait on the devices"
            );
        }
    }
}

/// A variable that is text.
pub(super) fn readable((name, value): (OsString, OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

/// Looks every hour whether the certificate nears its end, or another one lies in its files.
async fn renew_in_time(tls: Tls) {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    loop {
        tokio::time::sleep(HOUR).await;
        let tls = tls.clone();
        let renewed = tokio::task::spawn_blocking(move || tls.renew(now_ms())).await;
        if let Ok(Err(fault)) = renewed {
            tracing::error!(
                cause = chain(&fault),
                "the certificate cannot be renewed, and the old one is shown"
            );
        }
    }
}

fn scheme(tls: Option<&Tls>) -> &'static str {
    if tls.is_some() { "https" } else { "http" }
}

/// How devices reach the server, as far as that is known. Where it listens is where they do only on
/// this machine, or where its keeper wants it so.
fn reached(
    options: &RunOptions,
    tls: Option<&Tls>,
    listens: SocketAddr,
) -> Result<Option<Address>, ServerFault> {
    let pinned = |address: Address| address.pinned(tls.and_then(Tls::pin));
    let here = Address::checked(&format!("{}://{listens}", scheme(tls)), options.insecure_http);
    match &options.url {
        Some(url) => Address::checked(url, options.insecure_http).and_then(pinned).map(Some),
        None if options.demo.is_some() => here.and_then(pinned).map(Some),
        // Everywhere is no address.
        None if listens.ip().is_unspecified() => Ok(None),
        None => here.ok().map(pinned).transpose(),
    }
}

fn invitations(connection: &dyn Sql, address: &Address) -> Result<Vec<String>, ServerFault> {
    let line = |(name, role)| {
        let invitation = demo::invite_as(connection, role, address, now_ms())?;
        Ok(format!("invitation {name}: {invitation}"))
    };
    DEMO_ROLES.into_iter().map(line).collect()
}

fn announce(scheme: &str, address: SocketAddr, invitations: &[String]) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "listening on {scheme}://{address}")?;
    invitations.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()
}
