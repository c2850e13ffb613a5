//! The values behind fingerprints, as long as the process lives.

use std::collections::{BTreeMap, VecDeque};

/// How many values are kept: those that were read last. What is changed is read just before.
const MOST: usize = 100_000;

/// The values behind fingerprints. Nothing but the calls of a change is made from them, and they are never written down.
#[derive(Default)]
pub struct Memory {
    /// None where two values have one fingerprint: which one is meant is then not known.
    values: BTreeMap<String, Option<String>>,
    order: VecDeque<String>,
}

impl Memory {
    /// Keeps a value.
    pub fn keep(&mut self, fingerprint: &str, value: &str) {
        match self.values.get_mut(fingerprint) {
            Some(kept) if kept.as_deref() != Some(value) => *kept = None,
            Some(_) => {}
            None => {
                self.values.insert(fingerprint.to_owned(), Some(value.to_owned()));
                self.order.push_back(fingerprint.to_owned());
            }
        }
        while self.order.len() > MOST {
            if let Some(oldest) = self.order.pop_front() {
                self.values.remove(&oldest);
            }
        }
    }

    /// The value behind a fingerprint, if it was read and no other has it.
    pub fn value(&self, fingerprint: &str) -> Option<&str> {
        self.values.get(fingerprint)?.as_deref()
    }

    /// All of them, with their fingerprints.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().filter_map(|(fingerprint, value)| Some((fingerprint.as_str(), value.as_deref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_values_of_one_fingerprint_are_none() {
        let mut memory = Memory::default();
        memory.keep("f", "a");
        memory.keep("f", "a");
        assert_eq!(memory.value("f"), Some("a"));
        memory.keep("f", "b");
        memory.keep("f", "b");
        assert_eq!((memory.value("f"), memory.all().count()), (None, 0));
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut memory = Memory::default();
        (0..=MOST).for_each(|number| memory.keep(&number.to_string(), "v"));
        assert_eq!((memory.value("0"), memory.value("1"), memory.all().count()), (None, Some("v"), MOST));
    }
}
