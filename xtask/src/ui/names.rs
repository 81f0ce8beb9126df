//! Which files a page or a stylesheet names.
//!
//! The app answers a missing file with its page and status 200, so a wrong name would only show as a
//! broken picture on somebody's screen. It is found here instead.

const KINDS: [&str; 12] =
    ["js", "mjs", "wasm", "css", "svg", "png", "jpg", "webp", "ico", "woff2", "json", "webmanifest"];

/// The local files that `text` names, relative to the root, when it lies in `folder` (`""` for the root).
pub fn named_files(text: &str, folder: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || "\"'`()<>=,;".contains(c));
    let mut names: Vec<String> = words.filter_map(local).map(|name| resolve(folder, name)).collect();
    names.sort();
    names.dedup();
    names
}

fn local(word: &str) -> Option<&str> {
    let name = word.split(['?', '#']).next()?;
    let (stem, kind) = name.rsplit_once('.')?;
    let elsewhere = name.contains(':') || name.starts_with("//") || stem.is_empty();
    (KINDS.contains(&kind) && !elsewhere).then_some(name)
}

fn resolve(folder: &str, name: &str) -> String {
    let from = if name.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::named_files;

    #[test]
    fn a_page_names_links_scripts_and_imports() {
        let page = r#"<link rel="stylesheet" href="styles/base.css?v=1"><link rel=icon href=/icons/app.svg>
            <script type="module">import start from './ui.js'; start('./ui_bg.wasm');</script>"#;
        assert_eq!(named_files(page, ""), ["icons/app.svg", "styles/base.css", "ui.js", "ui_bg.wasm"]);
    }

    #[test]
    fn a_stylesheet_names_files_relative_to_itself() {
        let sheet = r#"@import "tokens.css"; a { background: url(../icons/x.svg#y) } b { margin: 0.5em }"#;
        assert_eq!(named_files(sheet, "styles"), ["icons/x.svg", "styles/tokens.css"]);
    }

    #[test]
    fn addresses_elsewhere_are_not_files() {
        let page = r#"<a href="https://example.org/a.css"> <img src="data:image/png;base64,AA"> <a href="//x/y.js">"#;
        assert!(named_files(page, "").is_empty());
    }
}
