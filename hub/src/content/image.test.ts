import { describe, expect, test } from 'vitest';
import { readImage } from './image.ts';

const gif = (width: number, height: number) => {
  const bytes = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
  bytes.writeUInt16LE(width, 6);
  bytes.writeUInt16LE(height, 8);
  return bytes;
};
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const webp = Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64');
const jpeg = Buffer.from('ffd8ffe000104a46494600010100000100010000ffc0000b080002000301011100ffd9', 'hex');

describe('readImage', () => {
  test('tells what an image is from its bytes', () => {
    expect(readImage(gif(3, 4))).toEqual({ type: 'image/gif', width: 3, height: 4 });
    expect(readImage(png)).toEqual({ type: 'image/png', width: 1, height: 1 });
    expect(readImage(webp)).toEqual({ type: 'image/webp', width: 1, height: 1 });
    expect(readImage(jpeg)).toEqual({ type: 'image/jpeg', width: 3, height: 2 });
  });

  test.each<[string, Uint8Array, string]>([
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"></svg>'), 'image_type_unsupported'],
    ['HTML that calls itself a GIF', Buffer.from('GIF89<script>'), 'image_type_unsupported'],
    ['nothing', Buffer.alloc(0), 'image_type_unsupported'],
    ['a cut header', png.subarray(0, 12), 'image_damaged'],
    ['a picture of 65,535 by 65,535', gif(65_535, 65_535), 'image_too_large'],
    ['a picture without height', gif(5, 0), 'image_damaged'],
  ])('refuses %s', (_, bytes, code) => {
    expect(readImage(bytes)).toMatchObject({ refused: { code, cure: expect.stringMatching(/\w/) } });
  });

  test('never throws, whatever the bytes', () => {
    for (const sample of [png, webp, jpeg, gif(1, 1)]) {
      for (let length = 0; length < sample.length; length++) {
        readImage(sample.subarray(0, length));
        const flipped = Buffer.from(sample);
        flipped[length] = 255 - (flipped[length] ?? 0);
        readImage(flipped);
      }
    }
  });
});
