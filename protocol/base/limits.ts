/** Every bound on what another peer or a file can make this peer do, in one table; `protocol/README.md` shows it with the reasons. */
export const LIMITS = {
  /** An announcement, signature included: gossipsub multiplies it by the mesh degree. */
  maxAnnouncementBytes: 1024,
  /** Evidence against a key: goes by gossip, like an announcement. */
  maxEvidenceBytes: 1024,
  /**
   * Identities of which anything is remembered, by what they are (`peer/memory/identities.ts`): delivered a model; proved their log; announced
   * something, as a neighbour or not; and those against which there is evidence, by what they were before.
   */
  maxIdentities: {
    known: 4096,
    proved: 1000,
    near: 1000,
    far: 1000,
    bannedKnown: 10_000,
    bannedMet: 2048,
    bannedStrangers: 1024,
  },
  /** Old announcements of one author that it has to account for, 0.5 KiB each. */
  maxDoubts: 4,
  /** Answers of an author that are looked through for the fork between two of its heads: 4 MiB of entries. */
  maxSearchedAnswers: 16,
  /** One neighbour is asked for its evidence for so long. */
  evidenceQueryMs: 30_000,
  /** Logs that one key may begin anew in a day: each is a past that nobody checks any more. */
  maxGenerationsPerDay: 4,
  /** A peer that starts on an old log gives others this long to tell what they know of it, from the first answer on. */
  headQueryMs: 5000,
  /** Where only strangers answer, which can know nothing of it, it waits for known peers this long. */
  strangersOnlyMs: 30_000,
  /** A cosignature says a time that is at most so far from the clock of the log's writer: devices without a clock of their own are a day off. */
  maxClockSkewMs: 86_400_000,
  /** One request, without its length prefix. */
  maxRequestBytes: 8192,
  /** One answer, without its length prefix: a chunk and its header. */
  maxFrameBytes: 263_168,
  /** A request must have come whole within this time. */
  requestArrivalMs: 5000,
  /** Requests that one neighbour may have under way at once, of each protocol. */
  maxRequestsInFlight: 32,
  /** Streams that one neighbour may have open at once, gossip and those of libp2p included. */
  maxStreams: 96,
  /** Bytes that are held for others, half frames and answers that nobody has taken yet; what newcomers may have of it, their half frames, one address prefix of them, one neighbour. */
  maxHeldBytes: 33_554_432,
  maxHeldForNewcomersBytes: 16_777_216,
  maxHeldFramesBytes: 4_194_304,
  maxHeldForPrefixBytes: 8_388_608,
  maxHeldForNeighbourBytes: 2_097_152,
  /** What one connection may bring, answers to own requests left out; a stream that is opened counts 1 KiB more, a frame of the muxer 64 bytes. */
  inboundBytes: { burst: 4_194_304, perSecond: 1_048_576 },
  /** Bytes that wait in the buffers of all connections and their streams. */
  maxBufferedBytes: 67_108_864,
  /** Bytes that wait for a connection to take them. */
  maxConnectionBacklogBytes: 1_048_576,
  /** Least bytes of a budget of sockets: of its bucket, a quarter, a third has to be left for a read of 64 KiB. */
  leastBudgetBytes: 1_000_000,
  /** New connections that come in, of one address prefix and altogether. */
  prefixConnections: { burst: 100, perSecond: 5 },
  connections: { burst: 300, perSecond: 20 },
  /** Requests that wait for room in it. */
  maxWaitingForRoom: 1024,
  /** One gossip RPC: as go-libp2p-pubsub has it. */
  maxGossipRpcBytes: 1_048_576,
  /** Message ids of one topic that are told to one neighbour in a heartbeat, and bytes of messages that it gets when it asks for them. */
  maxGossipIds: 500,
  maxGossipAnswerBytes: 524_288,
  /** Message ids are remembered this long: by then a message has been everywhere. */
  gossipSeenMs: 30_000,
  /** Bytes that wait to be sent to a neighbour that reads no gossip. */
  maxGossipBacklogBytes: 2_097_152,
  /** What no honest peer sends (`node/net/conduct.ts`): how often, before the connection ends. */
  faults: { burst: 5, perSecond: 0.1 },
  /** The same of all newcomers of one address prefix. */
  prefixFaults: { burst: 20, perSecond: 0.5 },
  /** Who lost its connection by faults may not come back before; four times as long each time, up to the longest. */
  faultWaitMs: 10_000,
  longestFaultWaitMs: 600_000,
  /** Bytes of a body in one answer. */
  maxChunkBytes: 262_144,
  /** Chunks of one body that are asked for ahead. */
  maxChunksInFlight: 4,
  /** Hard bound of `limits.maxModelBytes` of a task. */
  maxModelBytes: 536_870_912,
  /** A task manifest, a layers-model topology included. */
  maxManifestBytes: 4_194_304,
  /** Layers of a layers model, those of models within it included; its connections: 8 times as many. */
  maxLayers: 2048,
  /** Objects and lists of a topology that lie in each other. */
  maxTopologyDepth: 64,
  /** Outputs of all layers of a layers model for one example. */
  maxActivationBytes: 268_435_456,
  /** Fields of a map of a manifest; the largest has 10, rules have fewer parameters. */
  maxManifestFields: 64,
  /** Names of columns, means and spreads: a manifest of 4 MiB holds about as many. */
  maxFeatures: 262_144,
  /** Numbers of one example. */
  maxInputs: 16_777_216,
  maxClasses: 65_536,
  maxTargets: 1024,
  /** Values of a table that mean "no reading": each is compared with every value that is read. */
  maxMissingValues: 64,
  maxTensors: 4096,
  /** Members of a cohort: the sum of so many fits into the words that carry it, and each sends something to each. */
  maxCohort: 5,
  /** The word of a cohort for its mean: so many keys and signatures, and what is around them. */
  maxCertificateBytes: 640,
  /** A frame of a leaf: what LoRa takes at its slowest in Europe; and the parameters of a model that fits into one. */
  maxLeafFrameBytes: 51,
  maxLeafParams: 22,
  /** Members of a cluster that are heard, and whose models are in one release of its gateway; the word of so many for it. */
  maxClusterMembers: 32,
  maxClusterCertificateBytes: 5632,
  /** Authors outside that a member of a cluster knows of through its gateway; answers of those outside that a gateway remembers, of at most `maxFrameBytes` each. */
  maxClusterGuests: 64,
  maxErrandAnswers: 32,
  /** Offers of one epoch that are held, and elements of the chain from which a peer's lots come: a new chain costs it an epoch. */
  maxCohortOffers: 64,
  maxCohortLinks: 1024,
  /** Of a task with release keys: releases that are remembered, those that an order names beside; orders of each key, and orders for later rings that a peer holds back; gates; votes on a gate, and those of peers that delivered nothing. */
  maxReleases: 16,
  maxReleaseOrders: 4,
  maxReleaseOrdersHeld: 8,
  maxReleaseGates: 3,
  maxReleaseVotes: 256,
  maxReleaseVotesOfStrangers: 32,
  maxReleaseKeys: 16,
  maxGateCharacters: 256,
  /** Bodies of releases that are kept beside those that an order names: those that were served last. */
  maxReleaseBodies: 3,
  /** How many models one announcement may stand for, outside cohorts and gateways: such a peer cannot show that it speaks for others. */
  maxMass: 1,
  /** Of a column, class or target. */
  maxNameCharacters: 1024,
  /** Of a neighbour's log that is fetched for an audit: entries and bytes, which lie in the temporary folder meanwhile. */
  maxAuditedEntries: 4_194_304,
  maxAuditedBytes: 1_073_741_824,
  /** Entries that an answer has at least, but for the last: an honest one is filled, and has 31 of the longest. */
  minEntriesAnswered: 16,
  /** Earlier logs of a neighbour that are looked through. */
  maxAuditedGenerations: 16,
  /** A log entry without its signature. */
  maxLogEntryBytes: 8_192,
  /** Parents of one aggregate entry. */
  maxParents: 64,
  /** Kinds of noise that a log entry tells apart: another one whenever the number of records passes a step of the scale (privacy/sampling-rate.ts). */
  maxNoiseKinds: 8,
  /** Own announcements since the start that a ledger knows again: at least half as many. One that it does not know costs budget, and hides nothing. */
  maxOwnAnnounced: 1024,
  /** Hard bound of a task's `aggregation.inboxSize`. */
  maxInboxSize: 32,
  /** Hard bound of a task's `aggregation.memory`. */
  maxMemory: 32,
  /** Keys whose peer ids, which cost time to make, are at hand. */
  maxPeerIdsAtHand: 10_000,
  /** Announcements of neighbours that never delivered, and as many of other such authors, that are looked at. */
  newAnnouncements: { burst: 1000, perSecond: 100 },
  /** A peer that is far behind when it starts waits this long for a whole merge of models to start from. */
  catchUpWaitMs: 60_000,
  /** Own rows by which a peer looks at each model before it merges it, where the task says so: a look takes a small part of the time of a training. */
  maxSampleRows: 64,
  /** Announcements of one author that are passed on, so that two heads of one log meet; its neighbours hear all of them from itself. */
  relayedAnnouncements: { burst: 1, perSecond: 1 / 300 },
  /** So often the announcement that comes with a model brings the signature of the checkpoint, and can be passed on: as often as it is. */
  notedEveryMs: 300_000,
  /** Longest body of which neighbours are told without a signature: it comes in one answer, and of longer ones a signature is no part that counts. */
  maxBriefBodyBytes: 131_072,
  /** Announcements at once to a neighbour that asks to be told seldom, and the longest time between two that it can ask for, s. */
  newsBurst: 8,
  longestNewsS: 86_400,
  /** Hashes of models that are known to have been used. */
  maxSeenModels: 4096,
  /** Models between two trainings of a log that an audit remembers: one of them is what a training that was moved began with. */
  maxModelsBetweenTrainings: 65_536,
  /** Local steps in a model's lineage: no honest model gets there, and what is added to it stays a whole number. */
  maxAge: 281_474_976_710_656,
  /** Merges that `hearsay why` can tell of. */
  maxRememberedMerges: 256,
  /** Peers in the address book, addresses of each, and characters of an address. */
  maxKnownPeers: 10_000,
  maxAddressesPerPeer: 8,
  maxAddressLength: 256,
  /** Peers of the book that nobody here has reached, in all, and of which one source told. */
  maxStrangers: 1024,
  maxStrangersOfSource: 128,
  /** Peers of the book that were reached and have delivered nothing, under one address prefix; under one in the local network. */
  maxReachedOfPrefix: 64,
  maxReachedOfLocalPrefix: 1024,
  /** An address that nobody has reached is given up after so many attempts, for so long, or so long nearby; of so many this is remembered. */
  maxDialTries: 3,
  hopelessMs: 600_000,
  hopelessNearbyMs: 60_000,
  maxHopeless: 4096,
  /** Failed attempts at addresses that were never reached: of one host, and of one address prefix, where other peers told them; and where the peer at the address told it. */
  failedDialsOfHost: { burst: 4, perSecond: 0.0017 },
  failedDialsOfPrefix: { burst: 16, perSecond: 0.017 },
  failedDialsNearby: { burst: 32, perSecond: 0.1 },
  /** A peer that was reached, delivered nothing and was lost is forgotten after a day. */
  forgetAfterMs: 86_400_000,
  /** A dial, both ends being busy: given up. Nobody waits for it: peers are dialled side by side. */
  dialTimeoutMs: 10_000,
  /** Peers in one answer of the peer exchange. */
  maxPeersExchanged: 32,
  /** Model bodies that are pulled at once. */
  maxConcurrentPulls: 4,
  /** Pulls beyond these that go on although they are much slower than the mean. */
  maxSlowPulls: 4,
  /** No byte of a request within this time: given up. */
  requestTimeoutMs: 10_000,
  /** A whole body slower than this is given up: max(requestTimeoutMs, size / rate). */
  minBytesPerSecond: 16_384,
  /** Connections at once, in and out. */
  maxConnections: 300,
  /** Connections from newcomers, of one address prefix, and of one that lies on this machine or in the local network. */
  maxNewcomers: 200,
  maxNewcomersOfPrefix: 32,
  maxNewcomersOfLocalPrefix: 128,
  /** Connections of one peer, e.g. while its old one is not known to be dead; connections of one prefix that have not shown their key yet. */
  maxConnectionsOfPeer: 4,
  maxUnprovedOfPrefix: 32,
  /** A newcomer that neither greets nor answers the greeting is left then. */
  greetWithinMs: 10_000,
  /** So long a peer for which another one speaks keeps a connection from outside. */
  pointOnMs: 3_000,
  /** Peers of another task or version are left alone for so long; of so many this is remembered. */
  shunMs: 600_000,
  maxShunned: 4096,
  /** A peer that pays for bytes can ask for so much silence; it is dead after three times as long. */
  longestQuietMs: 600_000,
  /** No byte of a connection in this time, though it is asked for one every third of it: it is dead. */
  maxSilenceMs: 9000,
  /** What one neighbour can make this peer do (`peer/memory/budget.ts`): 1 is about 1 ms of one core, or 1 KiB that is kept. */
  neighbourBudget: { burst: 500, perSecond: 100 },
  /** What the newcomers of one address prefix can, together. */
  prefixBudget: { burst: 500, perSecond: 50 },
  /** What all newcomers can, together. */
  newcomersBudget: { burst: 1000, perSecond: 100 },
  /** Neighbours and address prefixes whose budget is remembered. */
  maxBudgets: 4096,
  /** Vertical learning (`vertical/`): parties of a session, and entities of one of them: a minute of work on each side. */
  maxVerticalParties: 4,
  maxVerticalIds: 65_536,
  /** Columns of one party, and rows that there have to be for each: of fewer rows, residuals could be worked out from what a party gets. */
  maxVerticalColumns: 1024,
  leastRowsPerColumn: 10,
  /** Epochs of a session. */
  maxVerticalEpochs: 1000,
  /** A message between two parties; sealed polynomials in it, each of them, and the key that they are sealed with. */
  maxVerticalMessageBytes: 17_825_792,
  maxSealedPerMessage: 64,
  maxSealedBytes: 270_336,
  maxSealingKeyBytes: 262_144,
  /** Messages that are kept for one party to fetch, requests of one party, and how long a request waits for a message that is not there yet. */
  maxVerticalPosted: 8,
  verticalRequests: { burst: 1000, perSecond: 200 },
  verticalPollMs: 3000,
  /** A party of which nothing is heard for so long has left; one that answers and has nothing to give, after so long. */
  verticalSilenceMs: 60_000,
  verticalStepMs: 600_000,
  /** A trainer that failed is asked again after `least`, then after twice as long each time, `most` at most: to start a process costs seconds of a core. */
  trainerRetryMs: { least: 1000, most: 300_000 },
  /** Name that an owner gives to a peer (`base/site-name.ts`), UTF-16 units. */
  maxSiteNameLength: 32,
  /** Of data without end (learn/stream/): rows of a window, and values of all of them; rows that are taken before one training; rows of which copies are known; fields of one row, characters. */
  maxWindowRows: 1_000_000,
  maxWindowValues: 50_000_000,
  maxRowsPerTraining: 10_000,
  maxRememberedRows: 65_536,
  maxStreamRowCharacters: 1_048_576,
  /** Of series whose rows are made as they come: values that are held and saved, of all of them; steps that a value may come too late. */
  maxSeriesValues: 50_000,
  maxLateSteps: 1000,
  /** Bytes of a file of rows that did not fit, of which one older is kept; tables of a folder; and messages of a broker that wait for a training. */
  maxDeadLetterBytes: 1_048_576,
  maxFollowedFiles: 1000,
  maxWaitingMessages: 1000,
  /** Nesting of decoded DAG-CBOR. */
  maxDepth: 16,
} as const;
