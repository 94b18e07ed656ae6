import { imageSize } from 'image-size';

const MAX_SIDE = 8_192;
const MAX_PIXELS = 40_000_000;

export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';

export interface ReadImage {
  type: ImageType;
  width: number;
  height: number;
}

/** Why an image is not taken, in words for whoever uploaded it. */
export interface ImageRefusal {
  refused: {
    code: 'image_type_unsupported' | 'image_damaged' | 'image_too_large';
    message: string;
    cure: string;
  };
}

/**
 * What an uploaded image is, told from its bytes and not from its name. SVG, a document that can run scripts, is
 * refused like everything else that is not PNG, JPEG, GIF or WebP. Only headers are read, so small files that unpack
 * to huge pictures are refused before anything decodes them.
 */
export function readImage(bytes: Uint8Array): ReadImage | ImageRefusal {
  const type = typeOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (type === null) {
    const message = 'This is not a PNG, JPEG, GIF or WebP image.';
    return refuse('image_type_unsupported', message, 'Save it as PNG or JPEG. SVG is not taken.');
  }
  const size = sizeOf(bytes);
  if (size === null) return refuse('image_damaged', 'The image is damaged.', 'Save it again.');
  if (size.width > MAX_SIDE || size.height > MAX_SIDE || size.width * size.height > MAX_PIXELS) {
    const message = `The image has ${size.width} x ${size.height} pixels.`;
    return refuse(
      'image_too_large',
      message,
      `At most ${MAX_SIDE} a side and ${MAX_PIXELS} in all: make it smaller.`,
    );
  }
  return { type, ...size };
}

function typeOf(bytes: Buffer): ImageType | null {
  const start = bytes.subarray(0, 12).toString('latin1');
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'image/gif';
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'image/webp';
  return null;
}

function sizeOf(bytes: Uint8Array): { width: number; height: number } | null {
  try {
    const { width, height } = imageSize(bytes);
    return width > 0 && height > 0 ? { width, height } : null;
  } catch {
    return null;
  }
}

function refuse(code: ImageRefusal['refused']['code'], message: string, cure: string): ImageRefusal {
  return { refused: { code, message, cure } };
}
