//! Compiles hostile modules and writes a table of what they take: `hostile [--divide N] [NAME]...`.

use clap::Parser;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use wasmc_tests::hostile::measure::Measured;
use wasmc_tests::hostile::{Shape, shapes};

/// Compile hostile modules, and say what they take.
#[derive(Parser)]
struct Options {
    /// Only shapes with one of these in their names.
    names: Vec<String>,
    /// Divide scales by this.
    #[arg(long, default_value_t = 1)]
    divide: u32,
    /// The compiler [default: the one beside this program].
    #[arg(long, value_name = "PATH")]
    wasmc: Option<PathBuf>,
    /// Write the modules to this folder, and compile none.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Measure the one shape of this name in this process.
    #[arg(long, value_name = "NAME", hide = true)]
    one: Option<String>,
    /// Options of the compiler.
    #[arg(last = true)]
    options: Vec<String>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let result = match &options.one {
        Some(name) => measure(name, &options),
        None => table(&options),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes a row for each shape, in a process of its own, which has little memory; whether all are within their budgets.
fn table(options: &Options) -> std::io::Result<bool> {
    let is_wanted =
        |shape: &Shape| options.names.is_empty() || options.names.iter().any(|name| shape.name.contains(name.as_str()));
    println!("| shape | scale | module (MB) | seconds | memory (MB) | image (MB) | outcome |");
    println!("|---|--:|--:|--:|--:|--:|---|");
    let mut good = true;
    for shape in shapes::all().iter().filter(|shape| is_wanted(shape)) {
        if let Some(folder) = &options.keep {
            std::fs::write(folder.join(shape.name.replace([' ', ':'], "_")), (shape.make)(scale(shape, options)))?;
            continue;
        }
        let mut command = Command::new(std::env::current_exe()?);
        good &= command
            .args(std::env::args_os().skip(1).take_while(|word| word != "--"))
            .arg("--one")
            .arg(shape.name)
            .arg("--")
            .args(&options.options)
            .status()?
            .success();
    }
    Ok(good)
}

/// Writes the row of a shape; whether it is within its budget.
fn measure(name: &str, options: &Options) -> std::io::Result<bool> {
    let shapes = shapes::all();
    let shape = shapes.iter().find(|shape| shape.name == name).ok_or(std::io::ErrorKind::NotFound)?;
    let beside = std::env::current_exe()?.with_file_name("wasmc");
    let (scale, wasmc) = (scale(shape, options), options.wasmc.as_ref().unwrap_or(&beside));
    let measured = Measured::of(shape, scale, wasmc, tempfile::tempdir()?.path(), &options.options)?;
    let faults = measured.faults();
    println!("{}", row(shape, scale, &measured, &faults));
    Ok(faults.is_empty())
}

fn scale(shape: &Shape, options: &Options) -> u32 {
    (shape.scale / options.divide).max(1)
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
