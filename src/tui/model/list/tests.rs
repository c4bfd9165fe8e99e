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
