//! JSON texts that a plan has written.

use std::ops::Range;

/// The plan cannot answer; the ordinary executor will.
#[derive(Debug)]
pub struct NotPlannable;

/// JSON texts of many values, one after the other in one buffer.
#[derive(Default)]
pub struct Parts {
    /// The texts.
    pub text: Vec<u8>,
    ends: Vec<usize>,
}

impl Parts {
    /// An empty list of texts with room for so many.
    pub fn with_capacity(values: usize) -> Self {
        Parts { text: Vec::with_capacity(values * 64), ends: Vec::with_capacity(values) }
    }

    /// The text of one value.
    pub fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Ends a value: what was written since the last end is its text.
    pub fn end(&mut self) {
        self.ends.push(self.text.len());
    }

    /// Adds a whole value.
    pub fn push(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
        self.end();
    }

    /// Adds a list of values of another buffer.
    pub fn push_list(&mut self, items: &Parts, range: Range<usize>) {
        self.text.push(b'[');
        for index in range.clone() {
            if index > range.start {
                self.text.push(b',');
            }
            self.text.extend_from_slice(items.get(index));
        }
        self.text.push(b']');
        self.end();
    }
}
