use proptest::prelude::*;

use super::*;
use crate::store::SortValue;

#[derive(Clone, Debug, PartialEq)]
struct Item(i64);

impl Row for Item {
    fn id(&self) -> i64 {
        self.0
    }
    fn contact_id(&self) -> Option<ContactId> {
        Some(self.0 * 10)
    }
}

fn key(id: i64) -> Key {
    Key { sort: SortValue::Integer(id), id }
}

/// A store in miniature: numbers in ascending order.
fn answer(all: &[i64], anchor: &Anchor, limit: usize) -> Window<Item> {
    let at = |key: &Key| all.partition_point(|id| *id < key.id);
    let past = |key: &Key| all.partition_point(|id| *id <= key.id);
    let (from, to) = match anchor {
        Anchor::First => (0, limit.min(all.len())),
        Anchor::Last => (all.len().saturating_sub(limit), all.len()),
        Anchor::After(key) => (past(key), (past(key) + limit).min(all.len())),
        Anchor::From(key) => (at(key), (at(key) + limit).min(all.len())),
        Anchor::Before(key) => (at(key).saturating_sub(limit), at(key)),
    };
    Window {
        rows: all[from..to].iter().map(|id| (key(*id), Item(*id))).collect(),
        before: from > 0,
        after: to < all.len(),
    }
}

/// Answers wishes until there are none.
fn serve(list: &mut List<Item>, all: &[i64]) {
    for _ in 0..100 {
        let Some(request) = list.request(true) else { return };
        let window = answer(all, &request.anchor, request.limit);
        assert!(list.receive(request.generation, request.load, window));
    }
    panic!("the list never has enough");
}

fn list(all: &[i64], height: usize) -> List<Item> {
    let mut list = List::default();
    list.set_height(height);
    serve(&mut list, all);
    list
}

fn current(list: &List<Item>) -> i64 {
    list.current().unwrap().0
}

fn shown(list: &List<Item>) -> Vec<i64> {
    list.visible().map(|item| item.0).collect()
}

#[test]
fn scrolling_is_aligned_to_pages() {
    let all: Vec<i64> = (0..100).collect();
    let mut list = list(&all, 10);
    list.move_by(9);
    assert_eq!(shown(&list), (0..10).collect::<Vec<_>>());
    list.move_by(1);
    assert_eq!(shown(&list), (10..20).collect::<Vec<_>>());
    assert_eq!(current(&list), 10);
    list.move_by(-1);
    assert_eq!(shown(&list), (0..10).collect::<Vec<_>>());
    list.page(true, false);
    assert_eq!((shown(&list)[0], current(&list)), (10, 19));
}

#[test]
fn the_ends_are_reached_at_once_and_the_page_there_is_full() {
    let all: Vec<i64> = (0..1000).collect();
    let mut list = list(&all, 10);
    list.last();
    serve(&mut list, &all);
    assert_eq!(current(&list), 999);
    assert_eq!(shown(&list), (990..1000).collect::<Vec<_>>());
    list.page(false, false);
    serve(&mut list, &all);
    assert_eq!(shown(&list)[0], 980);
    list.first();
    serve(&mut list, &all);
    assert_eq!((shown(&list)[0], current(&list)), (0, 0));
}

#[test]
fn the_selection_stays_while_rows_come_in_above() {
    let mut all: Vec<i64> = (100..200).collect();
    let mut list = list(&all, 10);
    list.move_by(5);
    for new in (90..100).rev() {
        all.insert(0, new);
        list.mark_stale();
        serve(&mut list, &all);
        assert_eq!(current(&list), 105);
        assert!(shown(&list).contains(&105));
    }
    // Four rows fit above before the selected one would leave the screen.
    assert_eq!(list.cursor_line(), 9);
}

#[test]
fn a_row_that_goes_leaves_the_cursor_on_its_neighbour() {
    let mut all: Vec<i64> = (0..50).collect();
    let mut list = list(&all, 10);
    list.move_by(3);
    all.retain(|id| *id != 3);
    list.mark_stale();
    serve(&mut list, &all);
    assert_eq!((current(&list), list.cursor_line()), (4, 3));
}

/// The cursor's row and others went, the first visible one among them: nobody is skipped.
#[test]
fn rows_that_go_together_leave_the_cursor_on_the_first_that_stays() {
    let all: Vec<i64> = (0..100).collect();
    for (top, cursor, gone, next) in [
        (0, 3, 0..4, 4),
        (0, 3, 1..4, 4),
        (20, 25, 18..26, 26),
        (20, 25, 20..30, 30),
        (90, 95, 95..100, 94),
        (0, 5, 0..60, 60),
        (40, 45, 0..100, -1),
    ] {
        let mut list = list(&all, 10);
        list.restore(key(top), cursor);
        serve(&mut list, &all);
        let left: Vec<i64> = all.iter().copied().filter(|id| !gone.contains(id)).collect();
        list.mark_stale();
        serve(&mut list, &left);
        assert_eq!(list.current().map_or(-1, |item| item.0), next, "{gone:?} of {top}, {cursor}");
        assert_eq!(shown(&list).len(), left.len().min(10));
    }
}

#[test]
fn when_everything_at_hand_goes_what_is_above_is_shown() {
    let all: Vec<i64> = (0..100).collect();
    let mut list = list(&all, 10);
    list.last();
    serve(&mut list, &all);
    let left: Vec<i64> = (0..30).collect();
    list.mark_stale();
    serve(&mut list, &left);
    assert_eq!(current(&list), 29);
}

/// A key that waits for the next page is not lost when the rows at hand are read anew first.
#[test]
fn a_step_beyond_the_rows_at_hand_outlives_a_refresh() {
    let all: Vec<i64> = (0..100).collect();
    let mut list: List<Item> = List::default();
    list.set_height(10);
    let first = list.request(true).unwrap();
    list.receive(first.generation, first.load, answer(&all, &first.anchor, 10));
    list.move_by(10);
    assert_eq!(current(&list), 9);
    list.mark_stale();
    let again = list.request(true).unwrap();
    assert_eq!(again.load, Load::Refresh);
    list.receive(again.generation, again.load, answer(&all, &again.anchor, 10));
    serve(&mut list, &all);
    assert_eq!(current(&list), 10);
}

#[test]
fn the_next_row_after_a_change_is_below_where_it_was_changed() {
    let mut all: Vec<i64> = (0..50).collect();
    let mut list = list(&all, 10);
    let so = |ids: &'static [i64]| move |item: &Item| ids.contains(&item.0);
    list.move_by(5);
    list.to_next(so(&[6, 7]));
    assert_eq!(current(&list), 8, "those that are so already are passed by");
    // The changed row goes to the top of its order, as one does in "last changed first"; the cursor goes with it.
    list.note_change();
    all.retain(|id| *id != 8);
    all.insert(0, 8);
    let window = |all: &[i64]| Window {
        rows: all.iter().map(|id| (key(*id), Item(*id))).collect(),
        before: false,
        after: false,
    };
    list.mark_stale();
    let request = list.request(true).unwrap();
    list.receive(request.generation, request.load, window(&all));
    assert_eq!((current(&list), list.cursor_line()), (8, 0));
    list.to_next(so(&[8]));
    assert_eq!(current(&list), 9);
    // Whoever moved since means the row below the cursor.
    list.note_change();
    list.first();
    list.to_next(so(&[]));
    assert_eq!(current(&list), 0);
}

#[test]
fn what_failed_is_asked_for_again() {
    let all: Vec<i64> = (0..100).collect();
    let mut list: List<Item> = List::default();
    list.set_height(10);
    for load in [Load::Replace, Load::Append, Load::Refresh] {
        if load == Load::Refresh {
            list.mark_stale();
        }
        let request = list.request(true).unwrap();
        assert_eq!(request.load, load);
        assert!(list.failed(request.generation));
        let again = list.request(true).unwrap();
        assert_eq!((again.load, &again.anchor), (load, &request.anchor));
        list.receive(again.generation, again.load, answer(&all, &again.anchor, 15));
    }
    assert!(!list.failed(99), "of an older filter");
}

#[test]
fn a_list_goes_back_to_where_it_was() {
    let all: Vec<i64> = (0..500).collect();
    let mut list = list(&all, 10);
    list.restore(key(300), 304);
    serve(&mut list, &all);
    list.toggle_mark();
    let before = list.clone();
    list.reset();
    serve(&mut list, &all);
    let late = list.request(true);
    list.go_back(before);
    assert_eq!((shown(&list)[0], current(&list), list.marks().len()), (300, 305, 1));
    serve(&mut list, &all);
    assert_eq!((shown(&list)[0], current(&list), list.marks().len()), (300, 305, 1));
    assert!(late.is_none_or(|late| !list.receive(late.generation, late.load, answer(&all, &late.anchor, 10))));
}

#[test]
fn late_answers_are_dropped() {
    let all: Vec<i64> = (0..50).collect();
    let mut list: List<Item> = List::default();
    let old = list.request(true).unwrap();
    list.reset();
    assert!(!list.receive(old.generation, old.load, answer(&all, &old.anchor, old.limit)));
    assert!(!list.is_loaded());
    assert_eq!(list.request(true).unwrap().load, Load::Replace);
    assert_eq!(list.request(true), None);
}

#[test]
fn a_range_grows_and_shrinks_with_the_cursor() {
    let all: Vec<i64> = (0..50).collect();
    let mut list = list(&all, 10);
    list.toggle_mark();
    list.move_by(4);
    list.toggle_range();
    list.move_by(3);
    assert_eq!(list.marks().keys().copied().collect::<Vec<_>>(), [0, 5, 6, 7, 8]);
    list.move_by(-4);
    assert_eq!(list.marks().keys().copied().collect::<Vec<_>>(), [0, 4, 5]);
    assert_eq!(list.marks()[&4], Some(40));
    list.toggle_range();
    list.move_by(9);
    assert_eq!(list.marks().len(), 3);
    assert!(list.clear_marks());
    assert!(!list.clear_marks());
}

#[test]
fn a_remembered_place_is_found_again() {
    let all: Vec<i64> = (0..500).collect();
    let mut list: List<Item> = List::default();
    list.set_height(10);
    list.restore(key(300), 304);
    serve(&mut list, &all);
    assert_eq!((shown(&list)[0], current(&list)), (300, 304));
    assert_eq!(list.place(), Some((key(300), 304)));
}

#[derive(Clone, Debug)]
enum Op {
    Move(isize),
    Page(bool, bool),
    First,
    Last,
    Height(usize),
    Insert(i64),
    Remove(usize),
    Serve,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (-12_isize..12).prop_map(Op::Move),
        3 => (any::<bool>(), any::<bool>()).prop_map(|(down, half)| Op::Page(down, half)),
        1 => Just(Op::First),
        1 => Just(Op::Last),
        1 => (1_usize..40).prop_map(Op::Height),
        2 => (0_i64..2_000).prop_map(Op::Insert),
        2 => any::<usize>().prop_map(Op::Remove),
        6 => Just(Op::Serve),
    ]
}

proptest! {
    /// Whatever is done: rows are in order and without gaps, the cursor is on the screen, and pages are full.
    #[test]
    fn the_window_is_a_piece_of_the_list(size in 0_i64..400, ops in prop::collection::vec(op(), 0..60)) {
        let mut all: Vec<i64> = (0..size).map(|n| n * 5).collect();
        let mut list = list(&all, 10);
        for op in ops {
            match op {
                Op::Move(by) => list.move_by(by),
                Op::Page(down, half) => list.page(down, half),
                Op::First => list.first(),
                Op::Last => list.last(),
                Op::Height(height) => list.set_height(height),
                Op::Insert(id) => if let Err(at) = all.binary_search(&id) {
                    all.insert(at, id);
                    list.mark_stale();
                },
                Op::Remove(at) => if !all.is_empty() {
                    all.remove(at % all.len());
                    list.mark_stale();
                },
                Op::Serve => serve(&mut list, &all),
            }
        }
        list.mark_stale();
        serve(&mut list, &all);
        let shown = shown(&list);
        prop_assert_eq!(shown.len(), all.len().min(list.height));
        if let Some(first) = shown.first() {
            let at = all.binary_search(first).unwrap();
            prop_assert_eq!(&all[at..at + shown.len()], &shown[..]);
            prop_assert!(shown.contains(&current(&list)));
        }
    }
}
