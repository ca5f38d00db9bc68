/** One figure of a classification: what it is called, what it means, where the formula comes from. */
export interface ClassificationRow {
  readonly key: string
  readonly label: string
  readonly unit: 'fraction' | 'count' | 'ratio' | 'nats'
  /** Which way is better; `null` for what only describes the rows. */
  readonly better: 'higher' | 'lower' | null
  readonly formula: string
  readonly source: string
}

const row = (
  key: string,
  label: string,
  unit: ClassificationRow['unit'],
  better: ClassificationRow['better'],
  formula: string,
  source: string,
): ClassificationRow => ({ key, label, unit, better, formula, source })

/**
 * Every figure of a classification; a test holds the table to the code. "The last class" is 1 of two and 2 of three, the one
 * that is traded. Rows are counted by their weights, where they have any.
 */
// biome-ignore format: a table, one figure a line
export const CLASSIFICATION_METRICS: readonly ClassificationRow[] = [
  row('rows', 'Rows', 'count', null, 'rows that were foretold and have a label', 'ours'),
  row('upperShare', 'Share of the last class', 'fraction', null, 'rows of the last class ÷ rows', 'prevalence'),
  row('accuracy', 'Accuracy', 'fraction', 'higher', 'rows of which the right class was said ÷ rows', 'scikit-learn accuracy_score'),
  row('balancedAccuracy', 'Balanced accuracy', 'fraction', 'higher', 'mean recall of the classes that came', 'scikit-learn balanced_accuracy_score; null where only one came'),
  row('precision', 'Precision', 'fraction', 'higher', 'TP ÷ (TP + FP) of the last class', 'scikit-learn precision_score; null where it was never said'),
  row('recall', 'Recall', 'fraction', 'higher', 'TP ÷ (TP + FN) of the last class', 'scikit-learn recall_score; null where it never came'),
  row('f1', 'F1', 'fraction', 'higher', '2 TP ÷ (2 TP + FP + FN) of the last class', 'scikit-learn f1_score'),
  row('macroPrecision', 'Precision, mean of classes', 'fraction', 'higher', 'mean precision of the classes that came or were said', 'scikit-learn average=macro; null where one of them was never said'),
  row('macroRecall', 'Recall, mean of classes', 'fraction', 'higher', 'mean recall of the classes that came or were said', 'scikit-learn average=macro; null where one of them never came'),
  row('macroF1', 'F1, mean of classes', 'fraction', 'higher', 'mean F1 of the classes that came or were said', 'scikit-learn average=macro'),
  row('weightedPrecision', 'Precision, weighted by class', 'fraction', 'higher', 'mean precision, each class as often as it came', 'scikit-learn average=weighted; null where one that came was never said'),
  row('weightedRecall', 'Recall, weighted by class', 'fraction', 'higher', 'mean recall, each class as often as it came: the accuracy', 'scikit-learn average=weighted'),
  row('weightedF1', 'F1, weighted by class', 'fraction', 'higher', 'mean F1, each class as often as it came', 'scikit-learn average=weighted'),
  row('mcc', 'Matthews’ correlation', 'ratio', 'higher', '(hits × rows − Σ came × said) ÷ √((rows² − Σ came²) × (rows² − Σ said²)); 0 where one class alone was said', 'Matthews 1975, Gorodkin 2004; scikit-learn matthews_corrcoef'),
  row('auc', 'AUC-ROC', 'fraction', 'higher', '(Σ average ranks of the last class − P(P + 1) ÷ 2) ÷ (P × N); of three classes the mean of each against the rest', 'Hanley and McNeil 1982; scikit-learn roc_auc_score, ovr macro'),
  row('aucWeighted', 'AUC-ROC, weighted by class', 'fraction', 'higher', 'mean of each class against the rest, as often as it came', 'scikit-learn roc_auc_score, ovr weighted'),
  row('prAuc', 'PR-AUC', 'fraction', 'higher', 'Σ (recall − recall at the threshold above) × precision; of three classes the mean of each against the rest', 'scikit-learn average_precision_score'),
  row('logLoss', 'Log loss', 'nats', 'lower', 'mean of −ln p of the class that came, p clipped to [1e-15, 1 − 1e-15]', 'scikit-learn log_loss, eps=1e-15'),
  row('brier', 'Brier score', 'ratio', 'lower', 'mean of (p − y)²; of three classes of the sum over them', 'Brier 1950; scikit-learn brier_score_loss'),
  row('calibrationError', 'Calibration error', 'fraction', 'lower', 'Σ weight of a bin × |mean p − share|, 10 bins of equal width; of three classes p of the class said', 'Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017'),
  row('calibrationErrorMass', 'Calibration error, equal bins', 'fraction', 'lower', 'the same with 10 bins of equal weight', 'Nguyen and O’Connor 2015'),
]
