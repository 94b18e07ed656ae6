import { expect, test } from 'vitest';
import { organizationsOf } from './organizations.ts';

test('whom a submitter belongs to follows from what hubs vouch for', () => {
  const of = (submitterAttributes: Record<string, string>) => organizationsOf({ submitterAttributes });
  expect(of({ email_domain: 'hospital.example\nuni.example' })).toBe('hospital.example\nuni.example');
  expect(of({ affiliation: 'member@hospital.example\nstaff@hospital.example' })).toBe('hospital.example');
  expect(of({ 'visa:AffiliationAndRole': 'faculty@uni.example', organization: 'North Hospital' })).toBe(
    'North Hospital\nuni.example',
  );
  expect(of({ orcid: '0000-0002-1825-0097', robot: 'true', email_domain: '' })).toBeNull();
});
