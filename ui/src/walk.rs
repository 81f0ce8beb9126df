//! 挨家走: a staircase that is taken in one go, with what is done of it.

use records::RecordId;
use records::call::DueDoor;

/// The doors of a staircase. Those that are done stay, so that a visit can be taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    doors: Vec<DueDoor>,
    done: Vec<RecordId>,
}

/// What follows a saved visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// It was no door of the walk, which goes on as it was.
    Beside,
    /// The next door.
    Next(DueDoor),
    /// It was the last door.
    Finished,
}

impl Walk {
    /// Begins at the first of these doors.
    pub fn begin(doors: Vec<DueDoor>) -> Self {
        Self { doors, done: Vec::new() }
    }

    /// The visit to this household is saved; `following` is the door that comes after it in the staircase.
    pub fn saved(&mut self, household: RecordId, following: Option<RecordId>) -> After {
        let is_open = self.open().any(|door| door.household == household);
        if !is_open {
            return After::Beside;
        }
        self.done.push(household);
        let next = self.open().find(|door| Some(door.household) == following).or(self.open().next());
        next.map_or(After::Finished, |door| After::Next(door.clone()))
    }

    /// The visit to this household was taken back: its door is still to be done.
    pub fn taken_back(&mut self, household: RecordId) {
        self.done.retain(|done| *done != household);
    }

    /// How many doors are still to be done.
    pub fn left(&self) -> usize {
        self.open().count()
    }

    fn open(&self) -> impl Iterator<Item = &DueDoor> {
        self.doors.iter().filter(|door| !self.done.contains(&door.household))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(number: u8) -> DueDoor {
        DueDoor {
            household: RecordId::new(i64::from(number), [number; 10]),
            room: format!("{number}01"),
            name: String::new(),
            due_on: chrono::NaiveDate::default(),
            last: None,
            hint: None,
            has_phone: false,
        }
    }

    fn id(number: u8) -> RecordId {
        door(number).household
    }

    #[test]
    fn a_walk_goes_from_door_to_door_and_ends() {
        let mut walk = Walk::begin(vec![door(2), door(3), door(5)]);
        assert_eq!(walk.saved(id(2), Some(id(5))), After::Next(door(5)));
        assert_eq!(walk.saved(id(5), None), After::Next(door(3)));
        assert_eq!(walk.left(), 1);
        assert_eq!(walk.saved(id(3), None), After::Finished);
    }

    #[test]
    fn a_visit_beside_the_way_leaves_the_walk_alone() {
        let mut walk = Walk::begin(vec![door(2), door(3)]);
        assert_eq!(walk.saved(id(9), Some(id(3))), After::Beside);
        assert_eq!(walk.saved(id(2), None), After::Next(door(3)));
    }

    #[test]
    fn a_visit_that_was_taken_back_is_still_to_be_done() {
        let mut walk = Walk::begin(vec![door(2), door(3)]);
        assert_eq!(walk.saved(id(2), None), After::Next(door(3)));
        walk.taken_back(id(2));
        assert_eq!(walk.left(), 2);
        assert_eq!(walk.saved(id(2), None), After::Next(door(3)));
        assert_eq!(walk.saved(id(3), None), After::Finished);
        walk.taken_back(id(3));
        assert_eq!(walk.saved(id(3), None), After::Finished);
    }

    #[test]
    fn a_second_visit_after_the_walk_is_a_visit_like_any_other() {
        let mut walk = Walk::begin(vec![door(2)]);
        assert_eq!(walk.saved(id(2), None), After::Finished);
        assert_eq!(walk.saved(id(2), None), After::Beside);
    }
}
