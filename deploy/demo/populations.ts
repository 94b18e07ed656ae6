/**
 * What makes the patients of one hospital differ from those of another. The populations are invented;
 * they differ in the ways that make models fail when they move: age, how often sepsis occurs, how often blood
 * is drawn, and how strongly an infection shows in the bedside measurements.
 */
export interface Population {
  prevalence: number;
  age: { mean: number; deviation: number };
  chronicLungDisease: number;
  immunosuppressed: number;
  /** Share of cases whose heart rate and temperature hardly react (old age, beta blockers, steroids). */
  bluntedResponse: number;
  /** Probability that a laboratory value was measured in a given hour. */
  laboratoryRate: number;
  /** Probability that a bedside measurement is missing in a given hour. */
  missingRate: number;
  /** How far a case deteriorates within the observed hours, relative to the public population. */
  severity: number;
}

/** Intensive care at south: few patients, often septic, measured all the time. */
export const intensiveCare: Population = {
  prevalence: 0.4,
  age: { mean: 71, deviation: 12 },
  chronicLungDisease: 0.25,
  immunosuppressed: 0.12,
  bluntedResponse: 0.35,
  laboratoryRate: 0.8,
  missingRate: 0.01,
  severity: 1.2,
};

/** The public patients: a teaching hospital, middle of the road in every respect. */
export const teaching: Population = {
  prevalence: 0.2,
  age: { mean: 63, deviation: 16 },
  chronicLungDisease: 0.15,
  immunosuppressed: 0.1,
  bluntedResponse: 0.2,
  laboratoryRate: 0.3,
  missingRate: 0.05,
  severity: 1,
};

/** North: a university hospital with many transplant patients, drawn blood every few hours, and fast courses. */
export const north: Population = {
  prevalence: 0.24,
  age: { mean: 56, deviation: 17 },
  chronicLungDisease: 0.1,
  immunosuppressed: 0.25,
  bluntedResponse: 0.15,
  laboratoryRate: 0.45,
  missingRate: 0.03,
  severity: 1.1,
};

/** South: a district hospital with old patients, few laboratory values and many blunted courses. */
export const south: Population = {
  prevalence: 0.12,
  age: { mean: 76, deviation: 10 },
  chronicLungDisease: 0.3,
  immunosuppressed: 0.05,
  bluntedResponse: 0.45,
  laboratoryRate: 0.1,
  missingRate: 0.12,
  severity: 0.85,
};
