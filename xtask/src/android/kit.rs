//! What making an APK needs and no package manager of ours brings: JDK, SDK and NDK.

use std::{
    env,
    error::Error,
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::process::{command, succeeds};

/// The folders of SDK and NDK; a JDK is there as well.
pub struct Kit {
    /// The Android SDK.
    pub sdk: PathBuf,
    /// The NDK, one version of it.
    pub ndk: PathBuf,
}

/// What is missing, and where it comes from; the process then ends with code 2.
#[derive(Debug, PartialEq, Eq)]
pub enum Missing {
    /// No Java.
    Jdk,
    /// No SDK, or a variable that names a folder which is none.
    Sdk(Option<PathBuf>),
    /// No NDK.
    Ndk(PathBuf),
}

impl fmt::Display for Missing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jdk => write!(
                out,
                "no APK without a JDK: install one of version 17 or later (Debian: openjdk-17-jdk-headless) or name it in \
                 JAVA_HOME"
            ),
            Self::Sdk(None) => write!(
                out,
                "no APK without the Android SDK: install it with Android Studio or its command line tools \
                 (https://developer.android.com/studio) and name its folder in ANDROID_HOME"
            ),
            Self::Sdk(Some(folder)) => write!(
                out,
                "no APK without the Android SDK: ANDROID_HOME names {}, where there is none \
                 (https://developer.android.com/studio)",
                folder.display()
            ),
            Self::Ndk(sdk) => write!(
                out,
                "no APK without the Android NDK: install it with `{}/cmdline-tools/latest/bin/sdkmanager \
                 \"ndk;27.0.12077973\"` or name its folder in NDK_HOME",
                sdk.display()
            ),
        }
    }
}

impl Error for Missing {}

impl Kit {
    /// Looks where the environment says.
    pub fn find() -> Result<Self> {
        if !succeeds(command(java()).arg("-version")) {
            return Err(Missing::Jdk.into());
        }
        let named = |names: &[&str]| names.iter().find_map(env::var_os).map(PathBuf::from);
        let sdk = sdk(named(&["ANDROID_HOME", "ANDROID_SDK_ROOT"]))?;
        let ndk = ndk(named(&["NDK_HOME", "ANDROID_NDK_HOME"]), &sdk)?;
        Ok(Self { sdk, ndk })
    }
}

fn java() -> PathBuf {
    env::var_os("JAVA_HOME").map_or_else(|| "java".into(), |home| Path::new(&home).join("bin/java"))
}

fn sdk(named: Option<PathBuf>) -> Result<PathBuf, Missing> {
    match named {
        // The licences accepted, the platforms, the tools: one of them is in any SDK.
        Some(folder)
            if ["platform-tools", "platforms", "cmdline-tools"].iter().any(|it| folder.join(it).is_dir()) =>
        {
            Ok(folder)
        }
        other => Err(Missing::Sdk(other)),
    }
}

/// The one that is named, else the newest that lies in the SDK.
fn ndk(named: Option<PathBuf>, sdk: &Path) -> Result<PathBuf, Missing> {
    let is_one = |folder: &PathBuf| folder.join("source.properties").is_file();
    if let Some(named) = named {
        return Some(named).filter(is_one).ok_or_else(|| Missing::Ndk(sdk.to_owned()));
    }
    let entries = fs::read_dir(sdk.join("ndk")).into_iter().flatten().flatten();
    let newest = entries.map(|entry| entry.path()).filter(is_one).max_by_key(|path| version(path));
    newest.ok_or_else(|| Missing::Ndk(sdk.to_owned()))
}

/// `27.0.12077973` as numbers, so that 9 comes before 27.
fn version(folder: &Path) -> Vec<u64> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sdk_is_a_folder_that_looks_like_one() {
        assert_eq!(sdk(None), Err(Missing::Sdk(None)));
        let empty = PathBuf::from("/nowhere");
        assert_eq!(sdk(Some(empty.clone())), Err(Missing::Sdk(Some(empty))));
    }

    #[test]
    fn the_newest_ndk_is_the_one_with_the_highest_numbers() {
        assert!(version(Path::new("ndk/27.0.12077973")) > version(Path::new("ndk/9.2.1")));
    }

    #[test]
    fn what_is_missing_is_said_in_one_line_with_the_way_to_get_it() {
        for missing in [Missing::Jdk, Missing::Sdk(None), Missing::Ndk("/sdk".into())] {
            let words = missing.to_string();
            assert!(words.starts_with("no APK without") && !words.contains('\n'), "{words}");
        }
    }
}
