import { findCommand } from '../../deploy/host/commands.ts';
import { canInstallPackages, installCommand, installPackages } from '../../deploy/host/packages.ts';
import type { Requirement } from './stages.ts';

/** A program that must be on the machine under one of its names, and the Debian package that brings it. */
interface Tool {
  commands: string[];
  package: string;
}

const tools: Record<Requirement, Tool[]> = {
  bubblewrap: [
    { commands: ['bwrap'], package: 'bubblewrap' },
    { commands: ['python3'], package: 'python3' },
  ],
  chromium: [{ commands: ['chromium', 'chromium-browser', 'google-chrome'], package: 'chromium' }],
  docker: [
    { commands: ['dockerd'], package: 'docker.io' },
    { commands: ['debootstrap'], package: 'debootstrap' },
  ],
  podman: [
    { commands: ['podman'], package: 'podman' },
    { commands: ['runc'], package: 'runc' },
    { commands: ['catatonit'], package: 'catatonit' },
  ],
  slurm: [
    { commands: ['slurmctld'], package: 'slurmctld' },
    { commands: ['slurmd'], package: 'slurmd' },
    { commands: ['sbatch'], package: 'slurm-client' },
    { commands: ['munged'], package: 'munge' },
  ],
};

/** Installs what is missing, or fails with the command to do so. An engine given by DOCKER_HOST needs nothing here. */
export async function ensureTools(needs: Iterable<Requirement>): Promise<void> {
  const wanted = [...new Set(needs)].filter((need) => need !== 'docker' || !process.env.DOCKER_HOST);
  const missing: string[] = [];
  for (const tool of wanted.flatMap((need) => tools[need])) {
    if ((await findTool(tool)) === null) missing.push(tool.package);
  }
  if (missing.length === 0) return;
  if (!(await canInstallPackages())) {
    throw new Error(
      `The tests need ${missing.join(', ')}. Install them and run the tests again:\n\n    ${await installCommand(missing)}`,
    );
  }
  console.log(`Installing ${missing.join(', ')}`);
  await installPackages(missing);
}

/** The browser that the tests drive, or null. */
export function findChromium(): Promise<string | null> {
  return findTool(tools.chromium[0]!);
}

async function findTool(tool: Tool): Promise<string | null> {
  for (const command of tool.commands) {
    const path = await findCommand(command);
    if (path !== null) return path;
  }
  return null;
}
