use super::binary_of;
use crate::features::{FEATURES, needed};
use crate::{Features, read};

fn without(name: &str) -> Features {
    let mut features = Features::default();
    assert!(features.set(name, false), "{name}");
    features
}

#[test]
fn features_are_switched_by_name() {
    for feature in FEATURES {
        let mut features = Features::default();
        assert_eq!(features.has(feature), feature.default, "{}", feature.name);
        assert!(features.set(feature.name, !feature.default));
        assert_eq!(features.has(feature), !feature.default, "{}", feature.name);
        assert_eq!(features, Features::default().with(feature, !feature.default));
    }
    assert!(!Features::default().set("garbage", true));
}

#[test]
fn names_are_unique() {
    for (index, feature) in FEATURES.iter().enumerate() {
        assert!(FEATURES[..index].iter().all(|other| other.name != feature.name), "{}", feature.name);
    }
}

#[test]
fn needed_are_those_without_which_a_module_is_invalid() {
    let cases = [
        ("(module)", &[][..]),
        ("(module (memory 1) (func (drop (i32.extend8_s (i32.const 1)))))", &["sign-extension"]),
        ("(module (memory 1) (memory 1))", &["multi-memory"]),
        ("(module (func (drop (v128.const i32x4 0 0 0 0))))", &["simd"]),
        ("(module (memory 1 (pagesize 1)))", &["custom-page-sizes"]),
        ("(module (func (result i32 i32) (i32.const 1) (i32.const 2)) (memory i64 1))", &["multi-value", "memory64"]),
    ];
    for (text, expected) in cases {
        assert_eq!(needed(binary_of(text)), expected, "{text}");
    }
}

/// An error that a feature would help against names it; others give no advice.
#[test]
fn errors_name_the_feature_that_is_off() {
    let help = |text: &str, features| match read(binary_of(text), features).and_then(|module| module.validate()) {
        Ok(_) => panic!("{text} is valid"),
        Err(error) => error.help,
    };
    let message = "the module uses the feature `multi-memory`: switch it on with `-W multi-memory`";
    assert_eq!(help("(module (memory 1) (memory 1))", without("multi-memory")).as_deref(), Some(message));
    let message = "the module uses the feature `custom-page-sizes`: switch it on with `-W custom-page-sizes`";
    assert_eq!(help("(module (memory 1 (pagesize 1)))", Features::default()).as_deref(), Some(message));
    assert_eq!(help("(module (func (result i32)))", Features::default()), None);
}
