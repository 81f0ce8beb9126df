//! `courier`: answers a file that came on a stick.

use std::error::Error;
use std::sync::Arc;

use server::courier::Desk;
use server::database::meta;

use super::{now_ms, open};
use crate::command_line::CourierOptions;

/// Settles what is in the file, and writes the answer to carry back.
pub fn courier(options: &CourierOptions) -> Result<String, Box<dyn Error>> {
    let file = std::fs::read(&options.question)?;
    let (runtime, database) = open(&options.place)?;
    let answer = runtime.block_on(async {
        let read = database.read(|snapshot| Ok((meta::secret_key(snapshot)?, meta::epoch(snapshot)?)));
        let (secret_key, epoch) = read.await?;
        Desk { database, secret_key: Arc::new(secret_key), epoch }.answer(file, now_ms()).await
    })?;
    std::fs::write(&options.answer, &answer)?;
    Ok(format!(
        "{} ({} bytes) goes back to whom the question came from",
        options.answer.display(),
        answer.len()
    ))
}
