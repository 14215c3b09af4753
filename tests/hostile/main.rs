//! Compiles hostile modules and writes a table of what they take: `hostile [--small] [NAME]...`.

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use wasmc_tests::hostile::measure::Measured;
use wasmc_tests::hostile::{Shape, shapes};

/// Compile hostile modules, and say what they take.
#[derive(Parser)]
struct Options {
    /// Only shapes with one of these in their names.
    names: Vec<String>,
    /// The scale of ordinary tests.
    #[arg(long)]
    small: bool,
    /// Divide scales by this.
    #[arg(long, default_value_t = 1)]
    divide: u32,
    /// The compiler [default: the one beside this program].
    #[arg(long, value_name = "PATH")]
    wasmc: Option<PathBuf>,
    /// Keep the modules in this folder.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Options of the compiler.
    #[arg(last = true)]
    options: Vec<String>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match table(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes a row for each shape; whether all are within their budgets.
fn table(options: &Options) -> std::io::Result<bool> {
    let beside = std::env::current_exe()?.with_file_name("wasmc");
    let wasmc = options.wasmc.as_ref().unwrap_or(&beside);
    let folder = tempfile::tempdir()?;
    let is_wanted =
        |shape: &Shape| options.names.is_empty() || options.names.iter().any(|name| shape.name.contains(name.as_str()));
    let mut good = true;
    println!("| shape | scale | module | seconds | memory | image | outcome |");
    println!("|---|--:|--:|--:|--:|--:|---|");
    for shape in shapes::all().iter().filter(|shape| is_wanted(shape)) {
        let scale = (if options.small { shape.small } else { shape.full } / options.divide).max(1);
        if let Some(keep) = &options.keep {
            std::fs::write(keep.join(shape.name.replace([' ', ':'], "_")), (shape.make)(scale))?;
        }
        let measured = Measured::of(shape, scale, wasmc, folder.path(), &options.options)?;
        let faults = measured.faults();
        good &= faults.is_empty();
        println!("{}", row(shape, scale, &measured, &faults));
    }
    Ok(good)
}

fn row(shape: &Shape, scale: u32, measured: &Measured, faults: &[String]) -> String {
    let mb = |bytes: u64| format!("{:.1}", bytes as f64 / f64::from(1 << 20));
    let outcome = match faults {
        [] => measured.message.lines().next().unwrap_or_default().to_owned(),
        faults => format!("**{}**", faults.join("; ")),
    };
    let image = measured.image.map_or("—".into(), mb);
    let (module, memory) = (measured.module as f64 / f64::from(1 << 20), mb(measured.memory));
    format!(
        "| {} | {scale} | {module:.2} | {:.2} | {memory} | {image} | {outcome:.120} |",
        shape.name, measured.seconds
    )
}
