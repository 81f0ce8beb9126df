//! The Android project: what the Tauri command writes, and what of it is ours.

use std::{fs, path::Path, path::PathBuf};

use anyhow::{Context, Result};

use super::{kit::Kit, tauri};
use crate::{
    places::Places,
    process::{command, run},
};

/// What is put into the manifest, each behind the place that is found.
const IN_MANIFEST: [(&str, &str); 4] = [
    (
        "<manifest xmlns:android=\"http://schemas.android.com/apk/res/android\"",
        " xmlns:tools=\"http://schemas.android.com/tools\"",
    ),
    // The hand feels that something was saved; an invitation is scanned, where there is a camera. Nothing begins with
    // the phone: what the notification plugin would restore then, it never kept.
    (
        "<uses-permission android:name=\"android.permission.INTERNET\" />",
        r#"
    <uses-permission android:name="android.permission.VIBRATE" />
    <uses-permission android:name="android.permission.CAMERA" />
    <uses-feature android:name="android.hardware.camera" android:required="false" />
    <uses-permission android:name="android.permission.RECEIVE_BOOT_COMPLETED" tools:node="remove" />"#,
    ),
    // A copy of the data on another phone would be the same device twice, and people's data in a cloud.
    (
        "<application",
        "\n        android:allowBackup=\"false\"\n        android:dataExtractionRules=\"@xml/nothing_leaves\"",
    ),
    // The keyboard takes room away instead of covering the field.
    ("<activity", "\n            android:windowSoftInputMode=\"adjustResize\""),
];

/// Where it lies; it is made anew each time and never kept.
pub fn folder(places: &Places) -> PathBuf {
    places.root.join("gen/android")
}

/// Lets the Tauri command write it, and puts in what is ours.
pub fn make(places: &Places, kit: &Kit) -> Result<()> {
    let folder = folder(places);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    run(tauri(places, kit).args(["android", "init", "--ci", "--skip-targets-install"]))?;
    let main = folder.join("app/src/main");
    rewrite(&main.join("AndroidManifest.xml"), manifest)?;
    rewrite(&main.join("res/values/strings.xml"), |text| Ok(text.replace("\"gridwalk\"", "网格随行")))?;
    let ours = places.root.join("assets/android");
    run(command("cp")
        .arg(ours.join("MainActivity.kt"))
        .arg(main.join("java/cn/gridwalk/app/MainActivity.kt")))?;
    copy_into(&ours.join("res"), &main.join("res"))?;
    copy_into(&icons(places, kit)?.join("android"), &main.join("res"))
}

/// Draws the icons of every size from the drawings in `assets/icons`.
fn icons(places: &Places, kit: &Kit) -> Result<PathBuf> {
    let drawn = places.cache.join("icons");
    let drawings = places.root.join("assets/icons/phone/icons.json");
    run(tauri(places, kit).arg("icon").arg(drawings).arg("--output").arg(&drawn))?;
    Ok(drawn)
}

fn copy_into(from: &Path, into: &Path) -> Result<()> {
    run(command("cp").arg("-r").arg(from.join(".")).arg(into))
}

fn rewrite(file: &Path, change: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let changed = change(&text).with_context(|| file.display().to_string())?;
    fs::write(file, changed).with_context(|| file.display().to_string())
}

/// A manifest that looks otherwise is a fault, not a phone that keeps copies.
fn manifest(text: &str) -> Result<String> {
    IN_MANIFEST.iter().try_fold(text.to_owned(), |text, (place, ours)| {
        let at = text.find(place).with_context(|| format!("there is no `{place}`"))?;
        let (before, after) = text.split_at(at + place.len());
        Ok(format!("{before}{ours}{after}"))
    })
}

#[cfg(test)]
mod tests {
    use super::manifest;

    /// The manifest as the Tauri command 2.12.5 writes it, shortened.
    const WRITTEN: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android">
    <uses-permission android:name="android.permission.INTERNET" />
    <application
        android:icon="@mipmap/ic_launcher">
        <activity
            android:name=".MainActivity">
        </activity>
    </application>
</manifest>"#;

    #[test]
    fn the_manifest_forbids_copies_allows_the_camera_and_starts_nothing_with_the_phone() {
        let ours = manifest(WRITTEN).unwrap();
        for part in [
            "<application\n        android:allowBackup=\"false\"",
            "<activity\n            android:windowSoftInputMode=\"adjustResize\"\n            android:name",
            "android.permission.VIBRATE\" />",
            "android.permission.CAMERA\" />",
            "android.hardware.camera\" android:required=\"false\" />",
            "res/android\" xmlns:tools=\"http://schemas.android.com/tools\">",
            "android.permission.RECEIVE_BOOT_COMPLETED\" tools:node=\"remove\" />",
        ] {
            assert!(ours.contains(part), "{part}: {ours}");
        }
        assert_eq!(ours.lines().count(), WRITTEN.lines().count() + 7);
    }

    #[test]
    fn a_manifest_nobody_knows_is_refused() {
        assert!(manifest("<manifest></manifest>").is_err());
    }
}
