import { and, desc, eq, ilike, isNull, lt, or, sql } from 'drizzle-orm';
import { type Actor, isAdmin, requireAdmin, requireUser } from '../accounts/access.ts';
import { users } from '../accounts/schema.ts';
import { containing } from '../db/containing.ts';
import type { Database } from '../db/database.ts';
import { decodeIdCursor, mapPage, type Page, toPage } from '../db/page.ts';
import { DomainError } from '../http/domain-error.ts';
import { NotYourResourceError, ResourceInUseError, ResourceMissingError } from './errors.ts';
import { resources } from './schema.ts';
import { findResource, type Resource, type ResourceType } from './store.ts';
import { findUses, type ResourceUse } from './uses.ts';

/** A resource as people see it. */
export interface ResourceView {
  readonly id: number;
  readonly key: string;
  readonly type: ResourceType;
  readonly name: string;
  readonly description: string;
  readonly fileName: string;
  /** Null until the upload is complete. */
  readonly size: number | null;
  readonly digest: string | null;
  readonly md5: string | null;
  readonly isPublic: boolean;
  readonly owner: string;
  readonly isMine: boolean;
  readonly canEdit: boolean;
  readonly createdAt: Date;
  /** What keeps it from being deleted. For its owner and administrators: others learn nothing of where it is used. */
  readonly uses: ResourceUse[];
  /** Null until the upload is complete. */
  readonly url: string | null;
}

export interface ResourceFilter {
  /** The actor's own, everybody's public ones, or (for administrators) all. */
  readonly scope?: 'mine' | 'public' | 'all' | undefined;
  readonly type?: ResourceType | undefined;
  /** In the names of the resource and its file, and in its description. */
  readonly search?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export interface ResourceEdit {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** Everybody may download it and use it in tasks of theirs. */
  readonly isPublic?: boolean | undefined;
}

/** What came of deleting many, by their keys. */
export interface ManyRemoved {
  readonly done: string[];
  readonly refused: { readonly key: string; readonly code: string; readonly message: string }[];
}

/** What people keep here: found again, renamed, made public, and deleted once nothing uses it any more. */
export interface Library {
  /** Newest first, with how many there are in all. */
  list(actor: Actor, filter: ResourceFilter): Promise<Page<ResourceView> & { total: number }>;
  /** Of the actor, or public. @throws ResourceMissingError */
  get(actor: Actor, key: string): Promise<ResourceView>;
  /** Its owner and administrators. @throws ResourceMissingError | NotYourResourceError */
  edit(actor: Actor, key: string, edit: ResourceEdit): Promise<ResourceView>;
  /** Its owner and administrators. @throws ResourceMissingError | NotYourResourceError | ResourceInUseError */
  remove(actor: Actor, key: string): Promise<void>;
  /** As each alone; what is refused is told, and holds up no other. */
  removeMany(actor: Actor, keys: readonly string[]): Promise<ManyRemoved>;
}

const OF_ADMINISTRATORS = 'all';

export function createLibrary(database: Database): Library {
  const { queries } = database;

  /** One that the actor sees, and may change only if `canEdit`. */
  async function reach(actor: Actor, key: string): Promise<{ resource: Resource; canEdit: boolean }> {
    const { id } = requireUser(actor);
    const resource = await findResource(queries, key);
    const canEdit = resource?.createdBy === id || isAdmin(actor);
    if (!resource || !(canEdit || resource.isPublic)) throw new ResourceMissingError(key);
    return { resource, canEdit };
  }

  async function reachOwn(actor: Actor, key: string): Promise<Resource> {
    const { resource, canEdit } = await reach(actor, key);
    if (!canEdit) throw new NotYourResourceError(resource.name);
    return resource;
  }

  async function show(actor: Actor, rows: readonly { resource: Resource; owner: string }[]) {
    const { id: me } = requireUser(actor);
    const mayEdit = (resource: Resource) => resource.createdBy === me || isAdmin(actor);
    const own = rows.filter(({ resource }) => mayEdit(resource));
    const uses = await findUses(
      database,
      own.map(({ resource }) => resource.id),
    );
    return rows.map(({ resource, owner }) => ({
      ...toView(resource),
      owner,
      isMine: resource.createdBy === me,
      canEdit: mayEdit(resource),
      uses: uses.get(resource.id) ?? [],
    }));
  }

  async function showOne(actor: Actor, id: number): Promise<ResourceView> {
    const rows = await queries
      .select({ resource: resources, owner: users.username })
      .from(resources)
      .innerJoin(users, eq(users.id, resources.createdBy))
      .where(eq(resources.id, id));
    const [view] = await show(actor, rows);
    return view!;
  }

  const library: Library = {
    async list(actor, { scope = 'mine', type, search, cursor, limit = 25 }) {
      const { id } = scope === OF_ADMINISTRATORS ? requireAdmin(actor) : requireUser(actor);
      const pattern = search && containing(search);
      const matches = and(
        isNull(resources.deletedAt),
        scope === 'mine' ? eq(resources.createdBy, id) : undefined,
        scope === 'public' ? resources.isPublic : undefined,
        type && eq(resources.type, type),
        pattern
          ? or(
              ilike(resources.name, pattern),
              ilike(resources.fileName, pattern),
              ilike(resources.description, pattern),
              eq(sql`${resources.key}::text`, search),
            )
          : undefined,
      );
      const before = decodeIdCursor(cursor);
      const [rows, total] = await Promise.all([
        queries
          .select({ resource: resources, owner: users.username })
          .from(resources)
          .innerJoin(users, eq(users.id, resources.createdBy))
          .where(and(matches, before === null ? undefined : lt(resources.id, before)))
          .orderBy(desc(resources.id))
          .limit(limit + 1),
        queries.$count(resources, matches),
      ]);
      const page = toPage(rows, limit, ({ resource }) => resource.id);
      const views = new Map((await show(actor, page.items)).map((view) => [view.id, view]));
      return { ...mapPage(page, ({ resource }) => views.get(resource.id)!), total };
    },

    async get(actor, key) {
      return showOne(actor, (await reach(actor, key)).resource.id);
    },

    async edit(actor, key, { name, description, isPublic }) {
      const { id } = await reachOwn(actor, key);
      const changes = Object.entries({ name, description, isPublic }).filter(
        ([, value]) => value !== undefined,
      );
      if (changes.length > 0)
        await queries.update(resources).set(Object.fromEntries(changes)).where(eq(resources.id, id));
      return showOne(actor, id);
    },

    async remove(actor, key) {
      const { id, name } = await reachOwn(actor, key);
      await database.transaction(async (tx) => {
        // Whoever puts it to use at this moment has a share of the row: they are waited for, and seen then.
        await tx.queries
          .select({ id: resources.id })
          .from(resources)
          .where(eq(resources.id, id))
          .for('update');
        const uses = (await findUses(tx, [id])).get(id);
        if (uses) throw new ResourceInUseError(name, uses);
        await tx.queries.update(resources).set({ deletedAt: new Date() }).where(eq(resources.id, id));
      });
    },

    async removeMany(actor, keys) {
      const done: string[] = [];
      const refused: ManyRemoved['refused'] = [];
      for (const key of new Set(keys)) {
        try {
          await library.remove(actor, key);
          done.push(key);
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          refused.push({ key, code: error.code, message: error.message });
        }
      }
      return { done, refused };
    },
  };
  return library;
}

function toView(resource: Resource) {
  const { id, key, type, name, description, fileName, size, digest, md5, isPublic, createdAt } = resource;
  const url = digest === null ? null : `/files/resources/${key}`;
  return { id, key, type, name, description, fileName, size, digest, md5, isPublic, createdAt, url };
}
