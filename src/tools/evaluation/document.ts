/** What docs/accuracy.md says before its figures. */
export function introduction(command: string, splits: string): string {
  return `# How often it is right

Written by \`${command}\`, not by hand.

The families are those of training/README.md, splits \`${splits.replaceAll(",", "`, `")}\`; nothing is tuned on a split named \`test\`. Every model is inspected through
HTTP as the command line does it, with candidates found by itself, once with dates and once as with \`--no-time\`. Models read and pairs compared
are remembered between inspections, which changes nothing but the cost.

- An **edge** counts only if child, parent and direction are right; each parent of a merge is an edge. A claim that names an exact copy of
  the true parent counts as wrong. An edge belongs to its child; candidates are always all models of the split.
- **Direction** is taken over all true edges: one stated the wrong way round counts nothing, one stated in neither direction a half. **Of found**
  leaves the latter out.
- **Relation** over edges found asks whether the relation of a right edge is right; over whole edges, parent and relation must both be.
  Macro-F1 is the mean of the relations' F1, rare ones weighing as much as common ones.
- **Verdict**: against what truth and card ask for; \`unverified\` is never right, and is what **abstained** counts.
- **False edges** are claims between families that share nothing, over all pairs of such models of one architecture.
- **Seen** architectures occur among the families on which rules were developed and scorers trained, **unseen** ones in none of them.
  **Basic** models were trained, merged linearly, cast or copied; **extended** ones changed otherwise.`
}
