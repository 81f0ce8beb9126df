//! The attribute of a test that runs in a browser.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// In the place of the compiler's own `#[test]`: a browser opens its files only to those who wait for them, and
/// a test does not wait. So it waits before it begins.
#[proc_macro_attribute]
pub fn test(_: TokenStream, function: TokenStream) -> TokenStream {
    let attribute =
        "#[::contract::wasm_bindgen_test::wasm_bindgen_test(crate = ::contract::wasm_bindgen_test)]";
    let mut test = parsed(attribute);
    for token in function {
        match token {
            TokenTree::Ident(word) if word.to_string() == "fn" => {
                test.extend(parsed("async"));
                test.extend([TokenTree::Ident(word)]);
            }
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                let mut waiting = parsed("::contract::ready().await;");
                waiting.extend(body.stream());
                let mut waits = Group::new(Delimiter::Brace, waiting);
                waits.set_span(body.span());
                test.extend([TokenTree::Group(waits)]);
            }
            other => test.extend([other]),
        }
    }
    test
}

fn parsed(code: &str) -> TokenStream {
    #[expect(clippy::expect_used, reason = "the code stands above")]
    code.parse().expect("it is Rust")
}
