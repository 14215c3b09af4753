//! What there is to choose from.

use crate::runtimes;
use crate::target::TargetFile;
use wasmc_frontend::features::FEATURES;

/// What `wasmc targets` says.
pub fn targets() -> String {
    let mut text = String::new();
    for file in TargetFile::built_in() {
        let state = runtimes::state(&file.runtime);
        let native = if file.name == runtimes::NATIVE { ", this machine" } else { "" };
        text += &format!("{} ({state}{native})\n", file.name);
        text += &format!("  also known as: {}\n", file.aliases.join(", "));
        let models = file
            .cpu
            .models
            .keys()
            .map(|model| if *model == file.cpu.baseline { format!("{model} (baseline)") } else { model.clone() });
        text += &format!("  CPUs: {}\n", models.collect::<Vec<_>>().join(", "));
    }
    text
}

/// What `-W help` says.
pub fn features() -> String {
    let width = FEATURES.iter().map(|feature| feature.name.len()).max().unwrap_or(0);
    let line = |name: &str, state: &str, summary: &str| format!("{name:<width$}  {state:<3}  {summary}\n");
    FEATURES.iter().map(|each| line(each.name, if each.default { "on" } else { "off" }, each.summary)).collect()
}
