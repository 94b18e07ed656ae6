import type { Population } from './populations.ts';
import { type Random, seededRandom } from './random.ts';

/** Hours of measurements before the moment of prediction. */
export const OBSERVED_HOURS = 12;

/** Three CSV files with a header line each, joined by `patient_id`. Empty fields are measurements not taken. */
export interface PatientTables {
  'patients.csv': string;
  'vitals.csv': string;
  /** The answers: whether sepsis set in within the six hours after the last measurement. */
  'labels.csv': string;
}

interface Patient {
  id: string;
  age: number;
  sex: 'f' | 'm';
  chronicLungDisease: boolean;
  immunosuppressed: boolean;
  sepsis: boolean;
  blunted: boolean;
  /** How ill the patient looks at the last hour, in units that scale every deviation below. */
  illness: number;
  /** The patient's own resting values; people differ more between than within themselves. */
  restingHeartRate: number;
  restingPressure: number;
}

/** Generates `count` synthetic stays on a ward. The same arguments always give the same bytes. */
export function generatePatients(seed: number, count: number, population: Population): PatientTables {
  const random = seededRandom(seed);
  const patients = ['patient_id,age,sex,chronic_lung_disease,immunosuppressed'];
  const vitals = [
    'patient_id,hour,heart_rate,respiratory_rate,temperature,systolic_pressure,oxygen_saturation,lactate,white_cells',
  ];
  const labels = ['patient_id,sepsis'];
  for (let number = 1; number <= count; number += 1) {
    const patient = drawPatient(random, `p${String(number).padStart(5, '0')}`, population);
    patients.push(
      [
        patient.id,
        patient.age,
        patient.sex,
        flag(patient.chronicLungDisease),
        flag(patient.immunosuppressed),
      ].join(),
    );
    for (let hour = 0; hour < OBSERVED_HOURS; hour += 1) {
      vitals.push([patient.id, hour, ...drawMeasurements(random, patient, hour, population)].join());
    }
    labels.push(`${patient.id},${flag(patient.sepsis)}`);
  }
  return {
    'patients.csv': toText(patients),
    'vitals.csv': toText(vitals),
    'labels.csv': toText(labels),
  };
}

function drawPatient(random: Random, id: string, population: Population): Patient {
  const age = Math.round(clamp(random.normal(population.age.mean, population.age.deviation), 18, 99));
  const immunosuppressed = random.chance(population.immunosuppressed);
  // Age and immunosuppression raise the risk around the population's own prevalence.
  const relativeRisk = (1 + (age - population.age.mean) / 80) * (immunosuppressed ? 1.5 : 0.95);
  const sepsis = random.chance(clamp(population.prevalence * relativeRisk, 0.01, 0.9));
  return {
    id,
    age,
    sex: random.chance(0.48) ? 'f' : 'm',
    chronicLungDisease: random.chance(population.chronicLungDisease),
    immunosuppressed,
    sepsis,
    blunted: random.chance(population.bluntedResponse),
    // Others are ill too, of something else: the two groups overlap.
    illness: sepsis ? random.normal(1.25 * population.severity, 0.6) : random.normal(0.1, 0.5),
    restingHeartRate: random.normal(78, 9),
    restingPressure: random.normal(126, 12) + (age - 60) / 6,
  };
}

function drawMeasurements(random: Random, patient: Patient, hour: number, population: Population): string[] {
  const course = patient.illness * (0.3 + (0.7 * hour) / (OBSERVED_HOURS - 1));
  const visible = patient.blunted ? 0.3 * course : course;
  const restingSaturation = patient.chronicLungDisease ? 92.5 : 97;
  const bedside = (value: number, decimals: number): string =>
    random.chance(population.missingRate) ? '' : value.toFixed(decimals);
  const laboratory = (value: number, decimals: number): string =>
    random.chance(population.laboratoryRate) ? value.toFixed(decimals) : '';
  return [
    bedside(clamp(random.normal(patient.restingHeartRate + 13 * visible, 6), 35, 190), 0),
    bedside(clamp(random.normal(16.5 + 3.2 * course, 2), 6, 50), 0),
    bedside(clamp(random.normal(36.9 + 0.65 * visible, 0.35), 34, 41.5), 1),
    bedside(clamp(random.normal(patient.restingPressure - 11 * course, 7), 50, 220), 0),
    bedside(clamp(random.normal(restingSaturation - 1.3 * course, 1.2), 70, 100), 0),
    laboratory(clamp(random.normal(1.2 + 0.9 * course, 0.4), 0.3, 15), 1),
    laboratory(clamp(random.normal(8.2 + (patient.immunosuppressed ? 0.8 : 3) * course, 2), 0.2, 45), 1),
  ];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function flag(value: boolean): string {
  return value ? '1' : '0';
}

function toText(lines: string[]): string {
  return `${lines.join('\n')}\n`;
}
