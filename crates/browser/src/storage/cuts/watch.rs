//! What is done to the pool's files, noted from below it.

use std::rc::Rc;

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::disk::{Done, Step};

/// Notes what is done to the files while it watches.
pub struct Watch {
    begin: Function,
    end: Function,
    count: Function,
}

/// What was noted.
pub struct Noted {
    /// Names of the raw files, as the steps number them.
    pub files: Vec<String>,
    /// In their order.
    pub steps: Vec<Step>,
}

impl Watch {
    /// Puts itself between the pool and the browser, for as long as the worker lives.
    pub fn new() -> Self {
        let script = Function::new_no_args(include_str!("watch.js"));
        let made: Array = script.call0(&JsValue::UNDEFINED).unwrap().unchecked_into();
        let [begin, end, count] = [0, 1, 2].map(|at| made.get(at).unchecked_into());
        Self { begin, end, count }
    }

    /// From here on.
    pub fn begin(&self) {
        self.begin.call0(&JsValue::UNDEFINED).unwrap();
    }

    /// How many steps were noted so far.
    pub fn count(&self) -> usize {
        self.count.call0(&JsValue::UNDEFINED).unwrap().as_f64().unwrap() as usize
    }

    /// Up to here, of these files and more.
    pub fn end(&self, mut files: Vec<String>) -> Noted {
        let steps: Array = self.end.call0(&JsValue::UNDEFINED).unwrap().unchecked_into();
        let steps = steps.iter().map(|step| read(&step.unchecked_into(), &mut files)).collect();
        Noted { files, steps }
    }
}

fn read(step: &Array, files: &mut Vec<String>) -> Step {
    let name = step.get(0).as_string().unwrap();
    let file = files.iter().position(|known| *known == name).unwrap_or_else(|| {
        files.push(name);
        files.len() - 1
    });
    let number = || step.get(2).as_f64().unwrap() as usize;
    let done = match step.get(1).as_string().unwrap().as_str() {
        "open" => Done::Open,
        "write" => {
            let bytes: Uint8Array = step.get(3).unchecked_into();
            Done::Write { at: number(), bytes: Rc::from(bytes.to_vec()) }
        }
        "truncate" => Done::Truncate(number()),
        "flush" => Done::Flush,
        other => panic!("nobody notes {other}"),
    };
    Step { file, done }
}
