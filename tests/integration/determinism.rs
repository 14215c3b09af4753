//! The same module and options give the same bytes, whatever the number of threads and whichever the folder.

use crate::support::{Bench, root};

#[test]
fn images_do_not_depend_on_threads_or_runs() {
    for module in ["rust_std/rust_std.wasm", "lisp/lisp.wasm", "hello/hello.wasm"] {
        let module = root().join("fixtures/programs").join(module);
        let image = |jobs: &str| {
            let bench = Bench::new();
            std::fs::read(bench.compile(&module, &["-j", jobs])).unwrap()
        };
        let first = image("1");
        assert!(first == image("2"), "{}: -j1 and -j2 differ", module.display());
        assert!(first == image("2"), "{}: two runs differ", module.display());
        assert!(first == image("7"), "{}: -j1 and -j7 differ", module.display());
    }
}
