//! The screen, by keys and pictures: messages in, frames out, no terminal.

mod world;

use world::{Screen, World};

fn look(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn whole_screens() {
    for (width, height) in [(160, 50), (120, 40), (80, 24), (60, 20), (40, 10), (1, 1)] {
        let mut screen = Screen::new(World::new(60), width, height);
        look(&format!("screen_{width}x{height}"), &screen.text());
    }
}
