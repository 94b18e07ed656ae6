declare global {
  namespace App {
    interface Error {
      status: number;
      message: string;
      /** Stable code of the hub's domain error, when there was one. */
      reason?: string;
    }
  }
}

export {};
